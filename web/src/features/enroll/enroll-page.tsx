import { Page } from "@/ui/page";

export function EnrollPage() {
  return <Page title="EnrollPage" />;
}
