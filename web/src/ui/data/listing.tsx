import type { ReactNode } from "react";
import type { usePages } from "@/api/pages";
import { Loaded } from "../page/states";
import { More } from "./more";

/** A list in pages: what it shows while it loads, when it is empty, and below it when there is more. */
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
