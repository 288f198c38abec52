import { useState } from "react";
import { TextArea } from "@/ui/inputs/field";
import { isRaw, type Raw } from "../model/config";
import styles from "./fields.module.css";

interface JsonFieldProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  value: Raw | undefined;
  /** Undefined if the text is empty and the field is `optional`. */
  onChange: (value: Record<string, unknown> | undefined) => void;
  optional?: boolean;
}

/** A JSON object. Text that is not valid JSON yet stays in the field and is not reported. */
export function JsonField({ value, onChange, optional = false, error, ...field }: JsonFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? (value === undefined ? "" : JSON.stringify(value, null, 2));
  const read = readObject(text);
  const empty = optional && text.trim() === "";
  function type(next: string) {
    setTyped(next);
    const object = readObject(next);
    if (typeof object !== "string") onChange({ ...object });
    else if (optional && next.trim() === "") onChange(undefined);
  }
  return (
    <TextArea
      {...field}
      rows={Math.min(Math.max(text.split("\n").length, 3), 16)}
      spellCheck={false}
      className={styles.mono}
      value={text}
      error={typeof read === "string" && !empty ? read : error}
      onChange={(event) => type(event.target.value)}
      onBlur={() => (typeof read === "string" && !empty ? undefined : setTyped(null))}
    />
  );
}

/** The object, or what is wrong with the text. */
function readObject(text: string): Raw | string {
  try {
    const read: unknown = JSON.parse(text);
    return isRaw(read) ? read : 'A JSON object is expected, such as {"email": "{{ email }}"}.';
  } catch (fault) {
    return fault instanceof Error ? `Not valid JSON: ${fault.message}.` : String(fault);
  }
}
