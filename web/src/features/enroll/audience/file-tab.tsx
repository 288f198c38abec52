import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import type { LeadImportResponse } from "@/api/schema";
import { importLeads } from "@/features/leads/import/import-leads";
import { ImportResult } from "@/features/leads/import/import-result";
import { LeadFile, useLeadFile } from "@/features/leads/import/lead-file";
import { toCsv } from "@/lib/csv";
import { save } from "@/lib/save-file";
import { Button } from "@/ui/inputs/button";
import { Section } from "@/ui/page/page";
import { Failed } from "@/ui/page/states";
import styles from "../enroll.module.css";
import type { Audience } from "./audience";
import { CampaignChoice, useCampaignChoice } from "./campaign-choice";

interface Imported {
  answer: LeadImportResponse;
  campaign: { id: string; name: string };
}

/** Imports a file of leads into a campaign, which is then enrolled. */
export function FileTab({ active, onChosen }: { active: boolean; onChosen: (audience: Audience) => void }) {
  const [imported, setImported] = useState<Imported | null>(null);
  if (imported === null) return <FileForm onImported={setImported} />;
  const { answer, campaign } = imported;
  const taken = answer.created + answer.updated;
  return (
    <Section
      title="Result of the import"
      actions={
        answer.rejected.length > 0 && (
          <Button size="sm" onClick={() => saveRejected(answer)}>
            <Download /> Rejected rows
          </Button>
        )
      }
    >
      <ImportResult answer={answer} />
      <section className={styles.bar} aria-label="Selection">
        <p>
          The leads of the file are in <strong>{campaign.name}</strong>
        </p>
        <Button look="quiet" onClick={() => setImported(null)}>
          Another file
        </Button>
        <Button
          look="primary"
          disabled={!active || taken === 0}
          onClick={() => onChosen({ kind: "campaign", campaignId: campaign.id, name: campaign.name })}
        >
          Check its leads
        </Button>
      </section>
    </Section>
  );
}

function FileForm({ onImported }: { onImported: (imported: Imported) => void }) {
  const client = useQueryClient();
  const lead = useLeadFile();
  const choice = useCampaignChoice();
  const send = useMutation({
    async mutationFn(upload: File): Promise<Imported> {
      const campaign = await choice.settle();
      await client.invalidateQueries({ queryKey: ["campaigns"] });
      return { answer: await importLeads(upload, lead.mapping, campaign.id), campaign };
    },
    meta: { quiet: true },
    onSuccess(imported) {
      client.invalidateQueries({ queryKey: ["leads"] });
      client.invalidateQueries({ queryKey: ["campaigns"] });
      onImported(imported);
    },
  });
  function take(next: File) {
    send.reset();
    if (choice.name === "" || choice.name === nameOf(lead.file)) choice.setName(nameOf(next));
    lead.take(next);
  }
  return (
    <div className={styles.tab}>
      <LeadFile lead={lead} disabled={send.isPending} onFile={take} />
      {lead.file && (
        <>
          <div className={styles.fields}>
            <CampaignChoice
              choice={choice}
              label="Add its leads to"
              newOne="A new campaign"
              nameLabel="Name of the campaign"
            />
          </div>
          {send.error && <Failed error={send.error} />}
          <section className={styles.bar} aria-label="Selection">
            <p className="muted">Nobody is enrolled until you have seen the dry run.</p>
            <Button look="primary" busy={send.isPending} onClick={() => lead.file && send.mutate(lead.file)}>
              {send.isPending ? "Importing…" : "Import"}
            </Button>
          </section>
        </>
      )}
    </div>
  );
}

/** `fair.csv` becomes `fair`. */
function nameOf(file: File | null): string {
  return file?.name.replace(/\.\w+$/, "") ?? "";
}

function saveRejected({ rejected }: LeadImportResponse): void {
  const rows = rejected.map((row) => [row.row, row.email, row.code, row.detail]);
  const text = toCsv(["row", "email", "code", "reason"], rows);
  save("rejected-rows.csv", new Blob([text], { type: "text/csv" }));
}
