import { Check, Copy } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "../inputs/button";
import { Field } from "../inputs/field";
import styles from "./copyable.module.css";

/** A text with a button that copies it: a key, a secret, a DNS record. */
export function Copyable({ label, value }: { label: string; value: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  async function copy() {
    input.current?.select();
    // A page without https has no clipboard access: the text is selected instead, to be copied by keyboard.
    await navigator.clipboard?.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  }
  return (
    <Field label={label}>
      {(control) => (
        <div className={styles.copyable}>
          <input
            {...control}
            ref={input}
            className={styles.value}
            readOnly
            value={value}
            onFocus={(event) => event.target.select()}
          />
          <Button aria-label={`Copy: ${label}`} icon onClick={copy}>
            {copied ? <Check /> : <Copy />}
          </Button>
          <span className="visually-hidden" role="status">
            {copied ? "Copied" : ""}
          </span>
        </div>
      )}
    </Field>
  );
}
