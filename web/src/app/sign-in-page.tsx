import { type ReactNode, useEffect } from "react";
import styles from "./sign-in.module.css";

/** The page that is shown while nobody is signed in. */
export function SignInPage({
  title,
  word,
  children,
}: {
  title: string;
  /** Why the page is shown, if that needs an explanation. */
  word?: string | undefined;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Cadenza`;
  }, [title]);
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <img src="/favicon.svg" alt="" width={36} height={36} />
        <h1>{title}</h1>
        {word && (
          <p role="alert" className={styles.word}>
            {word}
          </p>
        )}
        {children}
      </div>
    </main>
  );
}
