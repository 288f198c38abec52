import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { messageOf } from "@/api/problem";
import { Button } from "../inputs/button";
import styles from "./states.module.css";

/** What a screen shows instead of its data: that it is loading, that there is none, or that it cannot be loaded. */

export function Loading({ rows = 6, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div className={styles.loading} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => `row-${row}`).map((key) => (
        <div key={key} className={styles.bone} />
      ))}
    </div>
  );
}

export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div className={styles.failed} role="alert">
      <CircleAlert size={18} aria-hidden="true" />
      <p>{messageOf(error)}</p>
      {retry && (
        <Button size="sm" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

interface Loadable<Data> {
  data: Data | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** One of these, or the data. If a later load fails, the loaded data stays, with the error above it. */
export function Loaded<Data>({
  query,
  loading,
  children,
}: {
  query: Loadable<Data>;
  loading?: ReactNode;
  children: (data: Data) => ReactNode;
}) {
  const { data, error } = query;
  if (data === undefined) {
    return error ? <Failed error={error} retry={() => query.refetch()} /> : (loading ?? <Loading />);
  }
  return (
    <>
      {error != null && <Failed error={error} retry={() => query.refetch()} />}
      {children(data)}
    </>
  );
}
