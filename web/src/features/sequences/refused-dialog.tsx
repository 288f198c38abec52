import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, call } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import type { SequenceResponse } from "@/api/schema";
import { Button, buttonClass } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";
import { Failed } from "@/ui/page/states";
import { Problems } from "./problems";

/** Says why a sequence was not activated: each problem, and where to fix it. */
export function RefusedDialog({
  sequence,
  error,
  onClose,
}: {
  sequence: SequenceResponse;
  error: unknown;
  onClose: () => void;
}) {
  const problems = error instanceof ApiProblem ? error.fields : [];
  const steps = useQuery({
    queryKey: ["sequence", sequence.id, "steps"],
    queryFn: () =>
      call(api.GET("/sequences/{sequence_id}/steps", { params: { path: { sequence_id: sequence.id } } })),
    enabled: problems.length > 0,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`“${sequence.name}” cannot be activated yet`}
      description={
        problems.length > 0 ? "Fix these problems first. Nothing has changed." : "Nothing has changed."
      }
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Link
            to="/app/sequences/$sequenceId"
            params={{ sequenceId: sequence.id }}
            className={buttonClass({ look: "primary" })}
          >
            Open the builder
          </Link>
        </>
      }
    >
      {problems.length > 0 ? (
        <Problems problems={problems} steps={steps.data?.items ?? []} />
      ) : (
        <Failed error={error} />
      )}
    </Dialog>
  );
}
