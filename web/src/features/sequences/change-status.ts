import { type InfiniteData, type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { api, call, once } from "@/api/client";
import type { ListedSequenceResponse, SequenceResponse } from "@/api/schema";

const LISTS = ["sequences", "list"];

type Pages = InfiniteData<ListedSequenceResponse>;
type Before = [QueryKey, Pages | undefined][];

function useRefresh() {
  const client = useQueryClient();
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["sequences"] }),
      client.invalidateQueries({ queryKey: ["sequence"] }),
    ]);
}

function put(sequenceId: string, status: SequenceResponse["status"]) {
  return call(
    api.PUT("/sequences/{sequence_id}", { params: { path: { sequence_id: sequenceId } }, body: { status } }),
  );
}

/** Pauses and resumes a sequence. Each undoes the other, so the lists show the change before the server has
 * answered. */
export function useHold() {
  const client = useQueryClient();
  const refresh = useRefresh();
  const hold = useMutation({
    mutationFn: ({ sequence, status }: { sequence: SequenceResponse; status: "active" | "paused" }) =>
      put(sequence.id, status),
    async onMutate({ sequence, status }) {
      await client.cancelQueries({ queryKey: LISTS });
      const before: Before = client.getQueriesData<Pages>({ queryKey: LISTS });
      client.setQueriesData<Pages>(
        { queryKey: LISTS },
        (pages) => pages && withStatus(pages, sequence.id, status),
      );
      return before;
    },
    onError(_error, _asked, before) {
      for (const [key, pages] of before ?? []) client.setQueryData(key, pages);
    },
    onSuccess(_answer, { sequence, status }) {
      if (status === "active") toast.success(`“${sequence.name}” is resumed`);
      else
        toast.success(`“${sequence.name}” is paused`, {
          description: "None of its leads gets email until it is resumed.",
          action: { label: "Undo", onClick: () => hold.mutate({ sequence, status: "active" }) },
        });
    },
    onSettled: refresh,
  });
  return hold;
}

/** Activates for the first time, or archives. Neither can be taken back, so nothing is shown before the server has
 * answered. The caller shows a refusal. */
export function useMove() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ sequence, status }: { sequence: SequenceResponse; status: "active" | "archived" }) =>
      put(sequence.id, status),
    meta: { quiet: true },
    onSuccess(_answer, { sequence, status }) {
      toast.success(`“${sequence.name}” is ${status}`);
    },
    onSettled: refresh,
  });
}

export function useDelete() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (sequence: SequenceResponse) =>
      call(api.DELETE("/sequences/{sequence_id}", { params: { path: { sequence_id: sequence.id } } })),
    meta: { quiet: true },
    onSuccess: (_answer, sequence) => toast.success(`“${sequence.name}” is deleted`),
    onSettled: refresh,
  });
}

export function useDuplicate() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (sequence: SequenceResponse) =>
      call(
        api.POST("/sequences/{sequence_id}/duplicate", {
          params: { path: { sequence_id: sequence.id }, header: once() },
        }),
      ),
    onSuccess: (copy) => toast.success(`“${copy.name}” is a new draft`),
    onSettled: refresh,
  });
}

/** Creates a draft from the text of a file. */
export function useImport() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: importSequence,
    meta: { quiet: true },
    onSettled: refresh,
  });
}

function importSequence({ text, type }: { text: string; type: "application/yaml" | "application/json" }) {
  return call(
    api.POST("/sequences/import", {
      params: { header: once() },
      headers: { "Content-Type": type },
      // The document is sent unchanged: the server reads it and names the line of an error.
      body: text as never,
      bodySerializer: (body: unknown) => body as string,
    }),
  );
}

function withStatus(pages: Pages, sequenceId: string, status: SequenceResponse["status"]): Pages {
  const changed = (one: SequenceResponse) => (one.id === sequenceId ? { ...one, status } : one);
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.map(changed) })) };
}
