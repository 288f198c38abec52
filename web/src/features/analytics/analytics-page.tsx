import { Page } from "@/ui/page";

export function AnalyticsPage() {
  return <Page title="AnalyticsPage" />;
}
