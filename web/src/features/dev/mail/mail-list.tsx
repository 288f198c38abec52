import { Inbox, X } from "lucide-react";
import { useId, useState } from "react";
import type { OutboxItem } from "@/api/schema";
import { Time } from "@/ui/data/time";
import { Button } from "@/ui/inputs/button";
import { TextField } from "@/ui/inputs/field";
import { Empty, Failed, Loading } from "@/ui/page/states";
import styles from "../dev-page.module.css";

interface MailListProps {
  query: {
    error: unknown;
    refetch: () => unknown;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => unknown;
  };
  items: readonly OutboxItem[] | undefined;
  to: string | undefined;
  chosen: string | undefined;
  onFilter: (to: string) => void;
  onOpen: (id: string) => void;
}

export function MailList({ query, items, to, chosen, onFilter, onOpen }: MailListProps) {
  return (
    <section className={styles.list} aria-label="Captured mail">
      <Filter key={to ?? ""} to={to} seen={items ?? []} onFilter={onFilter} />
      {query.error != null && <Failed error={query.error} retry={query.refetch} />}
      {items === undefined && query.error == null && <Loading rows={8} />}
      {items?.length === 0 && (
        <Empty title={to ? "No mail to this address" : "No mail yet"}>
          {to
            ? "The filter needs the whole address."
            : "In development, mail is captured here instead of being delivered."}
        </Empty>
      )}
      <ul className={styles.items}>
        {items?.map((item) => (
          <li key={item.id}>
            <button
              type="button"
              className={styles.item}
              aria-current={item.id === chosen}
              onClick={() => onOpen(item.id)}
            >
              <span className={styles.to}>{item.to.join(", ")}</span>
              <span className={styles.when}>
                <Time at={item.received_at} />
              </span>
              <span className={styles.subject}>{item.subject || "(no subject)"}</span>
            </button>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button size="sm" busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          <Inbox /> Show older
        </Button>
      )}
    </section>
  );
}

function Filter({
  to,
  seen,
  onFilter,
}: {
  to: string | undefined;
  seen: readonly OutboxItem[];
  onFilter: (to: string) => void;
}) {
  const id = useId();
  const [typed, setTyped] = useState(to ?? "");
  const addresses = [...new Set(seen.flatMap((item) => item.to))].sort();
  const settle = (value: string) => {
    if (value.trim() !== (to ?? "")) onFilter(value.trim());
  };
  return (
    <form
      className={styles.filter}
      onSubmit={(event) => {
        event.preventDefault();
        settle(typed);
      }}
    >
      <TextField
        label="Recipient's address"
        hideLabel
        type="search"
        placeholder="Recipient's address"
        list={id}
        value={typed}
        onBlur={() => settle(typed)}
        onChange={(event) => {
          setTyped(event.target.value);
          // An address was chosen from the list, or the field was cleared: no more typing is to be expected.
          if (!event.target.value || addresses.includes(event.target.value)) settle(event.target.value);
        }}
      />
      <datalist id={id}>
        {addresses.map((address) => (
          <option key={address} value={address} />
        ))}
      </datalist>
      {to && (
        <Button icon look="quiet" aria-label="Show all mail" onClick={() => onFilter("")}>
          <X />
        </Button>
      )}
    </form>
  );
}
