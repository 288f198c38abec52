import { Page } from "@/ui/page";

export function LeadPage() {
  return <Page title="LeadPage" />;
}
