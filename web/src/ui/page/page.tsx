import { type ReactNode, useEffect } from "react";
import styles from "./page.module.css";

interface PageProps {
  title: string;
  /** Links above the title that show where the page belongs. */
  trail?: ReactNode;
  /** Shown beside the title: a status. */
  aside?: ReactNode;
  actions?: ReactNode;
  /** Fills the window and scrolls inside, for the builder. */
  full?: boolean;
  children?: ReactNode;
}

export function Page({ title, trail, aside, actions, full = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Cadenza`;
  }, [title]);
  return (
    <div className={full ? styles.full : styles.page}>
      <header className={styles.header}>
        <div className={styles.heading}>
          {trail && <div className={styles.trail}>{trail}</div>}
          <div className={styles.title}>
            <h1>{title}</h1>
            {aside}
          </div>
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Section({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className={styles.section}>
      <div className={styles.sectionHead}>
        <h2>{title}</h2>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}

export function Card({ children, className = "" }: { children: ReactNode; className?: string | undefined }) {
  return <div className={`${styles.card} ${className}`}>{children}</div>;
}
