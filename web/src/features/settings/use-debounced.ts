import { useEffect, useState } from "react";

/** The value once it has stood still for a moment: what is typed is searched for when the typing pauses. */
export function useDebounced<Value>(value: Value, pause_ms = 250): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause_ms);
    return () => clearTimeout(timer);
  }, [value, pause_ms]);
  return settled;
}
