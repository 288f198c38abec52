import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "@/api/client";
import type { LeadResponse, LeadUpdate } from "@/api/schema";

/** Erases a lead. A lead that does not exist any more counts as erased. */
export async function eraseLead(leadId: string): Promise<void> {
  const answer = await api.DELETE("/leads/{lead_id}", { params: { path: { lead_id: leadId } } });
  if (answer.response.status !== 404) await call(Promise.resolve(answer));
}

/** `quiet`: the caller shows errors itself. */
export function useChangeLead(leadId: string, { quiet = false } = {}) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: LeadUpdate) =>
      call(api.PATCH("/leads/{lead_id}", { params: { path: { lead_id: leadId } }, body })),
    meta: { quiet },
    onSuccess: (lead: LeadResponse) => {
      client.setQueryData(["lead", leadId], lead);
      client.invalidateQueries({ queryKey: ["leads"], refetchType: "none" });
    },
  });
}
