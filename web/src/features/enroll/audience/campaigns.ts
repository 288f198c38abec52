import { api, call, once } from "@/api/client";
import type { CampaignCreate } from "@/api/schema";

export function createCampaign(body: CampaignCreate) {
  return call(api.POST("/campaigns", { params: { header: once() }, body }));
}
