import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, call } from "@/api/client";
import type { MessagePreviewRequest } from "@/api/schema";
import { leadsQuery } from "../../fields/queries";

type Message = Omit<MessagePreviewRequest, "lead_id">;

const PAUSE = 400;
const LEAD = "cadenza.preview-lead";

/** The lead for whom messages are previewed: the one chosen last, else the newest lead. */
export function usePreviewLead(): [string | undefined, (id: string) => void] {
  const [chosen, setChosen] = useState(() => sessionStorage.getItem(LEAD) ?? undefined);
  const newest = useQuery(leadsQuery("")).data?.[0]?.id;
  function choose(id: string) {
    sessionStorage.setItem(LEAD, id);
    setChosen(id);
  }
  return [chosen ?? newest, choose];
}

/** Loads the preview of a message again after the user has stopped typing for a moment. */
export function useMessagePreview(sequenceId: string, leadId: string | undefined, message: Message) {
  const asked = useSettled(JSON.stringify(message));
  return useQuery({
    queryKey: ["message-preview", sequenceId, leadId, asked],
    enabled: leadId !== undefined,
    queryFn: () => {
      const body = { ...(JSON.parse(asked) as Message), lead_id: leadId ?? "" };
      const path = { sequence_id: sequenceId };
      return call(api.POST("/sequences/{sequence_id}/preview-message", { params: { path }, body }));
    },
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
}

/** The value after it has stayed the same for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
