import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "@/api/client";

/** Moves the clock of these enrollments, one after another, or of all live ones of the tenant. Returns those that
 * were moved, after everything that came due for them is done. Development only. */
export function useFastForward() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({
      by,
      enrollmentIds,
    }: {
      by: string;
      enrollmentIds?: readonly string[] | undefined;
    }) => {
      if (enrollmentIds === undefined) return (await forward({ by })).moved;
      const moved = [];
      for (const enrollment_id of enrollmentIds) moved.push(...(await forward({ by, enrollment_id })).moved);
      return moved;
    },
    onSettled: () => {
      client.invalidateQueries({ queryKey: ["lead"] });
      client.invalidateQueries({ queryKey: ["outbox"] });
    },
  });
}

function forward(body: { by: string; enrollment_id?: string }) {
  return call(api.POST("/dev/fast-forward", { body }));
}
