import { useState } from "react";
import type { Out } from "@/api/session";
import { Segmented } from "@/ui/inputs/segmented";
import { KeyForm, PasswordForm } from "./sign-in-forms";
import { SignInPage } from "./sign-in-page";

type By = "password" | "key";

const WAYS: readonly { value: By; label: string }[] = [
  { value: "password", label: "Email and password" },
  { value: "key", label: "API key" },
];

const WORDS: Partial<Record<Out, string>> = {
  ended: "Your session has ended. Sign in again to continue where you were.",
  refused: "The API key in the address is not accepted: it was revoked, or belongs to another installation.",
};

export function SignIn({ why }: { why: Out }) {
  const [by, setBy] = useState<By>("password");
  return (
    <SignInPage title="Sign in to Cadenza" word={WORDS[why]}>
      <Segmented label="Sign in with" options={WAYS} value={by} onChange={setBy} />
      {by === "password" ? <PasswordForm /> : <KeyForm />}
    </SignInPage>
  );
}
