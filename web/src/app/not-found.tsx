import { Link } from "@tanstack/react-router";
import { Page } from "@/ui/page/page";
import { Empty } from "@/ui/page/states";

export function NotFound() {
  return (
    <Page title="Not found">
      <Empty
        title="There is nothing at this address"
        action={<Link to="/app/sequences">To the sequences</Link>}
      />
    </Page>
  );
}
