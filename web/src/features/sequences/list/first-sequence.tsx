import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Sparkles } from "lucide-react";
import { Button } from "@/ui/inputs/button";
import { Empty } from "@/ui/page/states";
import { useImport } from "../change-status";

/** The screen of a tenant without sequences: the example is one click away. */
export function FirstSequence({ onCreate }: { onCreate: () => void }) {
  const navigate = useNavigate();
  const create = useImport();
  const example = useMutation({
    async mutationFn() {
      // The example of the repository itself, loaded only when it is asked for.
      const { default: text } = await import("../../../../../examples/cold-outreach.yaml?raw");
      return create.mutateAsync({ text, type: "application/yaml" });
    },
    onSuccess: ({ id }) => navigate({ to: "/app/sequences/$sequenceId", params: { sequenceId: id } }),
  });
  return (
    <Empty
      title="Write to your leads, step by step"
      action={
        <>
          <Button look="primary" busy={example.isPending} onClick={() => example.mutate()}>
            <Sparkles /> Start from the cold outreach
          </Button>
          <Button onClick={onCreate}>Start empty</Button>
        </>
      }
    >
      A sequence sends emails, waits, and continues by what each lead did. The cold outreach is an example
      that you can change: three emails over a week, and a follow-up for leads that have shown interest.
    </Empty>
  );
}
