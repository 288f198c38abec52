import { api, call } from "@/api/client";
import type { ForecastResponse, LeadSkipped } from "@/api/schema";
import { countsOf } from "../dry-run/skip-counts";

/** The most leads that one request may name. A campaign has no such limit. */
export const MOST = 10_000;

/** Who is to be enrolled: single leads, or everybody in a campaign. */
export type Audience =
  | { kind: "leads"; leadIds: readonly string[] }
  | { kind: "campaign"; campaignId: string; name: string };

/** What enrolling an audience would do. For a large campaign the lists are shorter than the counts. */
export interface Trial {
  accepted: number;
  enrolled: readonly string[];
  skippedCounts: Readonly<Record<string, number>>;
  skipped: readonly LeadSkipped[];
  forecast: ForecastResponse | null;
}

export async function tryOut(sequenceId: string, audience: Audience): Promise<Trial> {
  if (audience.kind === "leads") {
    const answer = await enroll(sequenceId, audience.leadIds, true);
    return {
      accepted: answer.enrolled.length,
      enrolled: answer.enrolled.map((one) => one.lead_id),
      skippedCounts: countsOf(answer.skipped),
      skipped: answer.skipped,
      forecast: answer.forecast ?? null,
    };
  }
  const answer = await assign(sequenceId, audience.campaignId, true);
  if (!("skipped_counts" in answer)) throw new Error("a dry run was answered with a batch");
  return {
    accepted: answer.accepted,
    enrolled: answer.enrolled,
    skippedCounts: answer.skipped_counts,
    skipped: answer.skipped,
    forecast: answer.forecast,
  };
}

/** Enrolls the audience. Returns the ID of the batch that shows the progress. */
export async function enrollAll(
  sequenceId: string,
  audience: Audience,
  key: { "Idempotency-Key": string },
): Promise<string> {
  if (audience.kind === "leads") {
    const { batch_id: batchId } = await enroll(sequenceId, audience.leadIds, false, key);
    if (batchId === null) throw new Error("the leads were enrolled without a batch");
    return batchId;
  }
  const answer = await assign(sequenceId, audience.campaignId, false, key);
  if (!("id" in answer)) throw new Error("an assignment was answered with a dry run");
  return answer.id;
}

function enroll(
  sequenceId: string,
  leadIds: readonly string[],
  dryRun: boolean,
  key?: { "Idempotency-Key": string },
) {
  return call(
    api.POST("/leads/enroll-in-sequence", {
      ...(key ? { params: { header: key } } : {}),
      body: { sequence_id: sequenceId, lead_ids: [...leadIds], dry_run: dryRun },
    }),
  );
}

function assign(
  sequenceId: string,
  campaignId: string,
  dryRun: boolean,
  key?: { "Idempotency-Key": string },
) {
  return call(
    api.POST("/campaigns/{campaign_id}/assign-sequence", {
      params: { path: { campaign_id: campaignId }, ...(key ? { header: key } : {}) },
      body: { sequence_id: sequenceId, dry_run: dryRun },
    }),
  );
}
