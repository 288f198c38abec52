import { api, call } from "@/api/client";

/** Uploads a file of leads. With a campaign, all of them are added to it. */
export function importLeads(file: File, mapping: Record<string, string> | null, campaignId?: string) {
  const form = new FormData();
  // The mapping must come before the file: the server reads the form in order.
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
