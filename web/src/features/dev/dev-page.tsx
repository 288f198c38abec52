import { Page } from "@/ui/page";

export function DevPage() {
  return <Page title="Dev tools" />;
}
