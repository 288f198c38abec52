import { MenuItem } from "@/ui/overlays/menu";
import { KINDS } from "../kinds";
import type { StepType } from "../model/step";

/** One item of a menu for each type of step. */
export function AddItems({ onAdd }: { onAdd: (type: StepType) => void }) {
  return KINDS.map(({ type, label, icon: Icon }) => (
    <MenuItem key={type} onSelect={() => onAdd(type)}>
      <Icon /> {label}
    </MenuItem>
  ));
}
