import type { ReactNode } from "react";
import type { usePages } from "@/api/pages";
import { Loaded } from "../page/states";
import { More } from "./more";

/** A list in pages: its loading state, its empty state, and a button for more. */
export function Listing<Item>({
  pages,
  empty,
  children,
}: {
  pages: ReturnType<typeof usePages<Item>>;
  empty: ReactNode;
  children: (items: Item[]) => ReactNode;
}) {
  return (
    <Loaded query={pages}>
      {(items) =>
        items.length === 0 ? (
          empty
        ) : (
          <>
            {children(items)}
            <More pages={pages} />
          </>
        )
      }
    </Loaded>
  );
}
