import { Page } from "@/ui/page";

export function SequencesPage() {
  return <Page title="Sequences" />;
}
