import { MenuItem } from "@/ui/overlays/menu";
import type { StepType } from "../model/step";
import { KINDS } from ".";

/** One menu item for each step type. */
export function KindMenuItems({ onAdd }: { onAdd: (type: StepType) => void }) {
  return KINDS.map(({ type, label, icon: Icon }) => (
    <MenuItem key={type} onSelect={() => onAdd(type)}>
      <Icon /> {label}
    </MenuItem>
  ));
}
