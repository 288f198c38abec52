import { useEffect, useState } from "react";

/** The value after it has stayed the same for a moment, so that a search starts when the typing pauses. */
export function useDebounced<Value>(value: Value, pause_ms = 250): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause_ms);
    return () => clearTimeout(timer);
  }, [value, pause_ms]);
  return settled;
}
