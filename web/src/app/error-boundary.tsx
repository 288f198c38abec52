import { Component, type ReactNode } from "react";
import { Page } from "@/ui/page/page";
import { Failed } from "@/ui/page/states";

/** Limits an error to the screen in which it happened. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <Page title="Something went wrong">
        <Failed error={this.state.error} retry={() => location.reload()} />
      </Page>
    );
  }
}
