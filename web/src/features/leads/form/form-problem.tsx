import { ApiProblem } from "@/api/problem";
import { Failed } from "@/ui/page/states";

/** What is wrong with a form as a whole; what is wrong with a field stands beside the field. */
export function FormFaults({ error }: { error: unknown }) {
  if (error == null || (error instanceof ApiProblem && error.fields.length > 0)) return null;
  return <Failed error={error} />;
}
