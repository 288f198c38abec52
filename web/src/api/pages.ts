import { type InfiniteData, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { LIVE } from "./query-client";

interface PageOf<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/** A list of the API, page after page as it is asked for, and kept live. `data` is what was loaded of it so far. */
export function usePages<Item>(
  queryKey: readonly unknown[],
  load: (cursor: string | null) => Promise<PageOf<Item>>,
) {
  return useInfiniteQuery({
    // Apart from a plain query of the same name, whose data has another shape.
    queryKey: [...queryKey, "pages"],
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last: PageOf<Item>) => last.next_cursor ?? null,
    select: flat<Item>,
    // Every page that was loaded is asked for again: the more there are, the seldomer.
    refetchInterval: (query) => LIVE * Math.max(1, query.state.data?.pages.length ?? 1),
    // What was found stays until what is looked for now is there.
    placeholderData: keepPreviousData,
  });
}

function flat<Item>(data: InfiniteData<PageOf<Item>, string | null>): Item[] {
  return data.pages.flatMap((page) => page.items);
}
