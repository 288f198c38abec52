import { api, call } from "@/api/client";

/** Uploads a file of leads; with a campaign, all of them are gathered in it. */
export function importLeads(file: File, mapping: Record<string, string> | null, campaignId?: string) {
  const form = new FormData();
  // Before the file: the server reads the form in its order.
  if (mapping) form.append("mapping", JSON.stringify(mapping));
  form.append("file", file);
  return call(
    api.POST("/leads/import", {
      params: { query: campaignId === undefined ? {} : { campaign_id: campaignId } },
      body: { file: file.name },
      bodySerializer: () => form,
    }),
  );
}
