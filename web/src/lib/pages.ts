import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import { LIVE } from "@/app/query-client";

interface PageOf<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/** A list of the API, page after page as it is asked for, and kept live. `data` is what was loaded of it so far. */
export function usePages<Item>(
  queryKey: readonly unknown[],
  load: (cursor: string | null) => Promise<PageOf<Item>>,
  { enabled = true }: { enabled?: boolean } = {},
) {
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (last: PageOf<Item>) => last.next_cursor ?? null,
    select: flat<Item>,
    refetchInterval: LIVE,
    enabled,
  });
}

function flat<Item>(data: InfiniteData<PageOf<Item>, string | null>): Item[] {
  return data.pages.flatMap((page) => page.items);
}
