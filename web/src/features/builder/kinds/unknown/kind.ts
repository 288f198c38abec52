import { Puzzle } from "lucide-react";
import { words } from "@/lib/format";
import type { StepType } from "../../model/step";
import type { StepKind } from "../kind";
import { UnknownEditor } from "./editor";

/** The fallback for a type that the server has and the browser does not, such as one from docs/extending.md. Its config is
 * edited as JSON. Nothing but that editor changes the config: where its branches lead, if it has any, only the server
 * knows, so the canvas draws one way, to the step below. */
export function unknownKind(type: StepType): StepKind {
  const label = words(type);
  return {
    type,
    label,
    hint: "A step type of this installation",
    icon: Puzzle,
    tone: "grey",
    key: type,
    config: () => ({}),
    summary: () => `Custom step: ${label}`,
    fieldPaths: () => [""],
    Editor: UnknownEditor,
  };
}
