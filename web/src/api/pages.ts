import { type InfiniteData, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { LIVE } from "./query-client";

interface PageOf<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/** A list of the API that loads page after page on demand and refreshes itself. `data` holds the items loaded so
 * far. */
export function usePages<Item>(
  queryKey: readonly unknown[],
  load: (cursor: string | null) => Promise<PageOf<Item>>,
) {
  return useInfiniteQuery({
    // The suffix separates it from a plain query with the same key, whose data has another shape.
    queryKey: [...queryKey, "pages"],
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last: PageOf<Item>) => last.next_cursor ?? null,
    select: flat<Item>,
    // A refresh loads every page again, so the interval grows with the number of pages.
    refetchInterval: (query) => LIVE * Math.max(1, query.state.data?.pages.length ?? 1),
    // Shows the previous result until the new one is there.
    placeholderData: keepPreviousData,
  });
}

function flat<Item>(data: InfiniteData<PageOf<Item>, string | null>): Item[] {
  return data.pages.flatMap((page) => page.items);
}
