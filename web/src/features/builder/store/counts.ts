import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, call } from "@/api/client";
import { LIVE } from "@/api/query-client";
import type { FunnelStepResponse, SequenceResponse } from "@/api/schema";
import type { StepIds } from "../draft/api-steps";

/** The funnel figures of each step, by its `uid`. */
export type Counts = ReadonlyMap<string, FunnelStepResponse>;

const NONE: Counts = new Map();

export function useCounts(sequence: SequenceResponse, ids: StepIds): Counts {
  const { data } = useQuery({
    queryKey: ["sequences", sequence.id, "analytics"],
    queryFn: () =>
      call(api.GET("/sequences/{sequence_id}/analytics", { params: { path: { sequence_id: sequence.id } } })),
    enabled: sequence.current_version !== null,
    refetchInterval: sequence.status === "active" ? LIVE : false,
  });
  const funnel = data?.funnel;
  return useMemo(() => {
    if (funnel === undefined) return NONE;
    const byId = new Map(funnel.map((step) => [step.step_id, step]));
    return new Map(
      Object.entries(ids).flatMap(([uid, id]) => {
        const step = byId.get(id);
        return step ? [[uid, step] as const] : [];
      }),
    );
  }, [funnel, ids]);
}
