import { Page } from "@/ui/page";

export function BuilderPage() {
  return <Page title="BuilderPage" />;
}
