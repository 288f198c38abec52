import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, call } from "@/api/client";
import { ApiProblem, type FieldProblem } from "@/api/problem";
import { toApi } from "../draft/api-steps";
import type { Draft } from "../draft/draft";
import { type Problems, problemsOf } from "../draft/problems";

const NONE: Problems = { byStep: new Map(), general: [], count: 0 };
const PAUSE_MS = 350;

/** Validates the draft on the server, after each pause in editing. */
export function useProblems(sequenceId: string, steps: Draft): Problems {
  const rested = useRested(steps);
  const body = toApi(rested, {}).map((step) => ({ ...step, metadata: {} }));
  const { data } = useQuery({
    queryKey: ["sequences", sequenceId, "problems", JSON.stringify(body)],
    queryFn: async () => {
      const found = await validate(sequenceId, body);
      return problemsOf(rested, found);
    },
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    gcTime: 0,
  });
  return data ?? NONE;
}

async function validate(
  sequenceId: string,
  steps: ReturnType<typeof toApi>,
): Promise<readonly FieldProblem[]> {
  try {
    const answer = await call(
      api.POST("/sequences/{sequence_id}/validate", {
        params: { path: { sequence_id: sequenceId } },
        body: { steps },
      }),
    );
    return answer.problems;
  } catch (error) {
    // A draft that is too wrong to be validated (a key with a blank in it) is refused, with problems of the same
    // form.
    if (error instanceof ApiProblem && error.fields.length > 0) return error.fields;
    throw error;
  }
}

function useRested(steps: Draft): Draft {
  const [rested, setRested] = useState(steps);
  useEffect(() => {
    const timer = setTimeout(() => setRested(steps), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [steps]);
  return rested;
}
