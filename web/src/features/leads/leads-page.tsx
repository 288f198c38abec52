import { Page } from "@/ui/page";

export function LeadsPage() {
  return <Page title="LeadsPage" />;
}
