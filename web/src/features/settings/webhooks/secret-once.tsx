import { Copyable } from "@/ui/data/copyable";
import { Button } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";

export function SecretOnce({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Copy the secret now"
      description="It signs what is sent to the endpoint, and is shown only now. If it is lost, rotate it."
      footer={
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <Copyable label="Signing secret" value={secret} />
    </Dialog>
  );
}
