import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { problemOf, unreachable } from "@/api/problem";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { keyWasRefused, signIn } from "./session";
import styles from "./sign-in.module.css";

export function SignIn() {
  const [key, setKey] = useState("");
  const trying = useMutation({
    mutationFn: tryKey,
    onSuccess: (_, tried) => signIn(tried),
    meta: { quiet: true },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    trying.mutate(key.trim());
  }
  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={submit}>
        <img src="/favicon.svg" alt="" width={36} height={36} />
        <h1>Sign in to Cadenza</h1>
        {keyWasRefused() && (
          <p role="alert" className={styles.refused}>
            Your API key is no longer accepted: it has expired or was revoked. Sign in with another, and you
            are back where you were.
          </p>
        )}
        <TextField
          label="API key"
          type="password"
          autoComplete="current-password"
          required
          value={key}
          error={trying.error?.message}
          hint="Printed by “cadenza up”, or made by an administrator under Settings, API keys."
          onChange={(event) => setKey(event.target.value)}
        />
        <Button look="primary" type="submit" busy={trying.isPending}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

/** Asks for something small with this key, not the kept one. Throws `ApiProblem` when it is refused. */
async function tryKey(key: string): Promise<void> {
  const answer = await fetch("/session", { headers: { Authorization: `Bearer ${key}` } }).catch(() => {
    throw unreachable();
  });
  if (!answer.ok) throw problemOf(answer.status, await answer.json().catch(() => null));
}
