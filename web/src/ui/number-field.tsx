import { type ComponentProps, useState } from "react";
import { TextField } from "./field";

interface NumberFieldProps
  extends Omit<ComponentProps<typeof TextField>, "value" | "onChange" | "type" | "min" | "max" | "step"> {
  value: number | undefined;
  /** Undefined when the field was emptied. Nothing is told while the text is no number. */
  onChange: (value: number | undefined) => void;
  min?: number;
  max?: number;
  /** Fractions are numbers too. */
  fractions?: boolean;
}

/** A number as it is being typed: the text stays as it is until the field is left, so that "1." may become "1.5". */
export function NumberField({ value, onChange, min, max, fractions = false, ...rest }: NumberFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  function type(text: string) {
    setTyped(text);
    if (text.trim() === "") onChange(undefined);
    const number = Number(text);
    if (text.trim() !== "" && Number.isFinite(number)) onChange(fractions ? number : Math.trunc(number));
  }
  return (
    <TextField
      {...rest}
      type="number"
      inputMode={fractions ? "decimal" : "numeric"}
      step={fractions ? "any" : 1}
      min={min}
      max={max}
      value={typed ?? (value === undefined ? "" : String(value))}
      onChange={(event) => type(event.target.value)}
      onBlur={() => setTyped(null)}
    />
  );
}
