import { type ComponentProps, useEffect, useState } from "react";
import { TextField } from "./field";

/** How long after the last letter the search is told, in milliseconds. */
const PAUSE = 250;

interface SearchFieldProps extends Omit<ComponentProps<typeof TextField>, "value" | "onChange" | "type"> {
  value: string;
  onChange: (text: string) => void;
}

/** A text that filters a list: told once the typing pauses. A value that changes from outside (Back) replaces it. */
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
      // So that it is known again when it comes back as the value, whatever has been typed since.
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
