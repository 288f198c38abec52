import { X } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import styles from "./chips.module.css";
import { Field } from "./field";

interface ChipsFieldProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  hideLabel?: boolean;
  items: readonly string[];
  placeholder?: string;
  onAdd: (item: string) => void;
  onRemove: (index: number) => void;
}

/** A list of short texts. Enter or a comma adds one, Backspace in the empty field removes the last. */
export function ChipsField({ items, placeholder, onAdd, onRemove, ...field }: ChipsFieldProps) {
  const [typed, setTyped] = useState("");
  const input = useRef<HTMLInputElement>(null);
  function add() {
    const item = typed.trim();
    setTyped("");
    if (item !== "" && !items.includes(item)) onAdd(item);
  }
  function press(event: KeyboardEvent) {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && typed === "" && items.length > 0) {
      onRemove(items.length - 1);
    }
  }
  function remove(index: number) {
    onRemove(index);
    input.current?.focus();
  }
  return (
    <Field {...field}>
      {(control) => (
        <div className={styles.box} data-invalid={control["aria-invalid"]}>
          {items.map((item, index) => (
            <span key={item} className={styles.chip}>
              {item}
              <button type="button" aria-label={`Remove ${item}`} onClick={() => remove(index)}>
                <X size={12} aria-hidden="true" />
              </button>
            </span>
          ))}
          <input
            {...control}
            ref={input}
            className={styles.input}
            value={typed}
            placeholder={items.length === 0 ? placeholder : undefined}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={press}
            onBlur={add}
          />
        </div>
      )}
    </Field>
  );
}
