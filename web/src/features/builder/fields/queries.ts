import { queryOptions } from "@tanstack/react-query";
import { api, call } from "@/api/client";

/** The lists that the editors offer to choose from. They change seldom and are kept while the builder is open. */

const KEPT = 60_000;
const PAGE = 100;

interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/** Every item of a list, up to about a thousand. */
async function everyItem<Item>(page: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const found = await page(cursor);
    items.push(...found.items);
    cursor = found.next_cursor ?? undefined;
  } while (cursor !== undefined && items.length < 1_000);
  return items;
}

function from(cursor: string | undefined) {
  return { params: { query: { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) } } };
}

export const mailboxesQuery = queryOptions({
  queryKey: ["mailboxes", "choice"],
  queryFn: () => everyItem((cursor) => call(api.GET("/mailboxes", from(cursor)))),
  staleTime: KEPT,
});

export const usersQuery = queryOptions({
  queryKey: ["users", "choice"],
  queryFn: () => everyItem((cursor) => call(api.GET("/users", from(cursor)))),
  staleTime: KEPT,
});

export const campaignsQuery = queryOptions({
  queryKey: ["campaigns", "choice"],
  queryFn: () => everyItem((cursor) => call(api.GET("/campaigns", from(cursor)))),
  staleTime: KEPT,
});

/** Leads by a part of their name or address; the newest ones for an empty text. */
export function leadsQuery(search: string) {
  const query = { limit: 20, ...(search === "" ? {} : { search }) };
  return queryOptions({
    queryKey: ["leads", "choice", search],
    queryFn: () => call(api.GET("/leads", { params: { query } })).then((found) => found.items),
    staleTime: KEPT,
  });
}

/** Custom field keys, statuses and tags, as the newest leads have them. */
export const vocabularyQuery = queryOptions({
  queryKey: ["leads", "vocabulary"],
  queryFn: async () => {
    const { items } = await call(api.GET("/leads", { params: { query: { limit: PAGE } } }));
    return {
      custom: sorted(items.flatMap((lead) => Object.keys(lead.custom))),
      statuses: sorted(["new", "qualified", "unresponsive", ...items.map((lead) => lead.status)]),
      tags: sorted(items.flatMap((lead) => lead.tags)),
    };
  },
  staleTime: KEPT,
});

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort((one, other) => one.localeCompare(other));
}
