import { ApiProblem } from "@/api/problem";
import { Failed } from "@/ui/page/states";

/** A problem of a form as a whole. Problems of a field are shown beside the field. */
export function FormFaults({ error }: { error: unknown }) {
  if (error == null || (error instanceof ApiProblem && error.fields.length > 0)) return null;
  return <Failed error={error} />;
}
