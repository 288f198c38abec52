import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import type { SenderDomainResponse, SenderDomainUpdate } from "@/api/schema";
import { Button } from "@/ui/inputs/button";
import { TextArea, TextField } from "@/ui/inputs/field";
import { FormDialog, useFormProblem } from "@/ui/overlays/form-dialog";

const SHOWN = ["dkim.selector", "dkim.private_key"];

/** Sets or removes the key that signs the mail of the domain. */
export function SigningForm({ domain, onClose }: { domain: SenderDomainResponse; onClose: () => void }) {
  const client = useQueryClient();
  const [selector, setSelector] = useState(domain.dkim?.selector ?? "cadenza1");
  const [privateKey, setPrivateKey] = useState("");
  const saving = useMutation({
    mutationFn: (body: SenderDomainUpdate) =>
      call(api.PUT("/sender-domains/{domain}", { params: { path: { domain: domain.domain } }, body })),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ["sender-domains"] }),
    meta: { quiet: true },
  });
  const problem = useFormProblem(saving.error, SHOWN);
  return (
    <FormDialog
      onClose={onClose}
      title={`Sign mail of ${domain.domain}`}
      description="Most providers sign their customers' mail: then set no key here. If you set one, publish its record at once: receivers treat mail as forged if they cannot find its key."
      submit={domain.dkim ? "Save" : "Create a key"}
      busy={saving.isPending}
      problem={problem}
      onSubmit={() =>
        saving.mutate({
          dkim: { selector, ...(privateKey.trim() && { private_key: privateKey }) },
        })
      }
    >
      <TextField
        label="Selector"
        hint="Another selector makes another key; keep the old record for a week."
        value={selector}
        error={problem.of("dkim.selector")}
        onChange={(event) => setSelector(event.target.value)}
      />
      <TextArea
        label="Private key (optional)"
        hint="RSA, PEM. Without one a key of 2048 bits is made, or the one of this selector stays."
        rows={4}
        spellCheck={false}
        value={privateKey}
        error={problem.of("dkim.private_key")}
        onChange={(event) => setPrivateKey(event.target.value)}
      />
      {domain.dkim && (
        <div>
          <Button
            look="danger"
            size="sm"
            disabled={saving.isPending}
            onClick={() => saving.mutate({ dkim: null })}
          >
            Stop signing and delete the key
          </Button>
        </div>
      )}
    </FormDialog>
  );
}
