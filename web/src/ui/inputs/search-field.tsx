import { type ComponentProps, useEffect, useState } from "react";
import { TextField } from "./field";

/** How long after the last key the search starts, in milliseconds. */
const PAUSE = 250;

interface SearchFieldProps extends Omit<ComponentProps<typeof TextField>, "value" | "onChange" | "type"> {
  value: string;
  onChange: (text: string) => void;
}

/** A text that filters a list, reported after a pause in typing. A change from outside (the Back button) replaces
 * it. */
export function SearchField({ value, onChange, ...rest }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  if (value !== told) {
    setTold(value);
    setTyped(value);
  }
  useEffect(() => {
    const text = typed.trim();
    if (text === told) return;
    const timer = setTimeout(() => {
      // Remembers what was reported: when it comes back as the value, text that was typed since then stays.
      setTold(text);
      onChange(text);
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [typed, told, onChange]);
  return (
    <TextField
      hideLabel
      {...rest}
      type="search"
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
