import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { api, call } from "@/api/client";
import type { LeadImportResponse } from "@/api/schema";
import { columnsOf, mappingOf } from "@/features/leads/csv-header";
import { ImportColumns } from "@/features/leads/import-columns";
import { ImportResult } from "@/features/leads/import-result";
import { toCsv } from "@/lib/csv";
import { save } from "@/lib/save";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/field";
import { FileDrop } from "@/ui/file-drop";
import { Section } from "@/ui/page";
import { Failed } from "@/ui/states";
import type { Audience } from "./audience";
import { createCampaign } from "./campaigns";
import styles from "./enroll.module.css";
import { campaignsQuery } from "./queries";

interface Imported {
  answer: LeadImportResponse;
  campaign: { id: string; name: string };
}

/** A file of leads: they are imported into a campaign, and the campaign is what is enrolled. */
export function FileTab({ active, onChosen }: { active: boolean; onChosen: (audience: Audience) => void }) {
  const [imported, setImported] = useState<Imported | null>(null);
  if (imported === null) return <FileForm onImported={setImported} />;
  const { answer, campaign } = imported;
  const taken = answer.created + answer.updated;
  return (
    <Section
      title="What became of the file"
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
  const campaigns = useInfiniteQuery(campaignsQuery());
  const [file, setFile] = useState<File | null>(null);
  const [columns, setColumns] = useState<string[]>([]);
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const [campaignId, setCampaignId] = useState("");
  const [name, setName] = useState("");
  const known = campaigns.data?.pages.flatMap((page) => page.items) ?? [];
  const send = useMutation({
    async mutationFn(upload: File): Promise<Imported> {
      const campaign =
        known.find((one) => one.id === campaignId) ?? (await createCampaign({ name, description: "" }));
      // Should the file be refused now, the campaign that was just made is not made again.
      setCampaignId(campaign.id);
      await client.invalidateQueries({ queryKey: ["campaigns"] });
      return { answer: await importLeads(upload, mappingOf(chosen), campaign.id), campaign };
    },
    meta: { quiet: true },
    onSuccess(imported) {
      client.invalidateQueries({ queryKey: ["leads"] });
      client.invalidateQueries({ queryKey: ["campaigns"] });
      onImported(imported);
    },
  });
  async function take(next: File) {
    send.reset();
    setFile(next);
    setChosen({});
    if (name === "" || name === nameOf(file)) setName(nameOf(next));
    setColumns(await columnsOf(next).catch(() => []));
  }
  return (
    <div className={styles.tab}>
      <FileDrop
        label="CSV file of leads"
        accept=".csv,.tsv,.txt,text/csv"
        file={file}
        disabled={send.isPending}
        onFile={take}
        hint="Any delimiter and encoding. The first line names the columns; one of them holds the address. Who is there already is updated: an empty cell wipes nothing."
      />
      {file && (
        <>
          {columns.length > 0 && (
            <ImportColumns
              columns={columns}
              chosen={chosen}
              onChoose={(column, target) => setChosen({ ...chosen, [column]: target })}
            />
          )}
          <div className={styles.fields}>
            <SelectField
              label="Gather its leads in"
              value={campaignId}
              onChange={(event) => setCampaignId(event.target.value)}
            >
              <option value="">A new campaign</option>
              {known.map((campaign) => (
                <option key={campaign.id} value={campaign.id}>
                  {campaign.name}
                </option>
              ))}
            </SelectField>
            {campaignId === "" && (
              <TextField
                label="Name of the campaign"
                maxLength={200}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </div>
          {send.error && <Failed error={send.error} />}
          <section className={styles.bar} aria-label="Selection">
            <p className="muted">Nobody is enrolled before you have seen who would be.</p>
            <Button look="primary" busy={send.isPending} onClick={() => send.mutate(file)}>
              {send.isPending ? "Importing…" : "Import"}
            </Button>
          </section>
        </>
      )}
    </div>
  );
}

function importLeads(file: File, mapping: Record<string, string> | null, campaignId: string) {
  const form = new FormData();
  if (mapping) form.append("mapping", JSON.stringify(mapping));
  form.append("file", file);
  return call(
    api.POST("/leads/import", {
      params: { query: { campaign_id: campaignId } },
      body: { file: file.name },
      bodySerializer: () => form,
    }),
  );
}

/** `fair.csv` as `fair`. */
function nameOf(file: File | null): string {
  return file?.name.replace(/\.\w+$/, "") ?? "";
}

function saveRejected({ rejected }: LeadImportResponse): void {
  const rows = rejected.map((row) => [row.row, row.email, row.code, row.detail]);
  const text = toCsv(["row", "email", "code", "reason"], rows);
  save("rejected-rows.csv", new Blob([text], { type: "text/csv" }));
}
