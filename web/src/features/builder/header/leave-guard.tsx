import { useBlocker } from "@tanstack/react-router";
import { Button } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";
import { useBuilder } from "../store/builder-context";
import { isDirty, type Saving } from "../store/saving";

/** Asks before unsaved edits are lost by going to another screen or closing the page. */
export function LeaveGuard({ saving }: { saving: Saving }) {
  const { store } = useBuilder();
  const dirty = () => isDirty(store.getState());
  const blocker = useBlocker({
    // Another view of the same sequence loses nothing.
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname && dirty(),
    enableBeforeUnload: dirty,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && blocker.reset()}
      title="Leave without saving?"
      description="Your changes since the last save would be lost."
      footer={
        <>
          <Button onClick={blocker.reset}>Stay</Button>
          <Button look="danger" onClick={blocker.proceed}>
            Leave
          </Button>
          <Button
            look="primary"
            busy={saving.busy}
            onClick={async () => ((await saving.save()) ? blocker.proceed() : blocker.reset())}
          >
            Save and leave
          </Button>
        </>
      }
    />
  );
}
