import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "@/api/client";
import { hasCode } from "@/api/problem";
import { dropInvitation } from "@/api/session";
import { begin } from "@/api/session-query";
import { Button } from "@/ui/inputs/button";
import { TextField } from "@/ui/inputs/field";
import { Form, useFormProblem } from "@/ui/overlays/form-dialog";
import styles from "./sign-in.module.css";
import { SignInPage } from "./sign-in-page";

const SHOWN = ["password"];

/** The page behind the link of an invitation: sets the password, the first one or a new one, and signs the person
 * in. */
export function AcceptInvitation({ token }: { token: string }) {
  const [password, setPassword] = useState("");
  const accepting = useMutation({
    mutationFn: () => call(api.POST("/invitations/accept", { body: { token, password } })),
    onSuccess: (session) => {
      begin(session);
      dropInvitation();
    },
    meta: { quiet: true },
  });
  const problem = useFormProblem(accepting.error, SHOWN);
  if (hasCode(accepting.error, "invitation_over")) {
    return (
      <SignInPage title="This link is no longer valid">
        <p className={styles.note}>
          It was already used, was replaced by a newer one, or is more than seven days old. Ask an
          administrator for another.
        </p>
        <Button look="primary" onClick={dropInvitation}>
          Go to sign-in
        </Button>
      </SignInPage>
    );
  }
  return (
    <SignInPage title="Choose your password">
      <Form problem={problem} onSubmit={() => accepting.mutate()}>
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          value={password}
          error={problem.of("password")}
          hint="At least 12 characters; several words are a good choice. You are signed out everywhere else."
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button look="primary" type="submit" busy={accepting.isPending}>
          Set the password and sign in
        </Button>
      </Form>
    </SignInPage>
  );
}
