import { Tooltip } from "@/ui/overlays/tooltip";
import { KINDS } from "../kinds";
import { KindIcon } from "../kinds/kind-icon";
import type { StepType } from "../model/step";
import { useActions } from "../store/actions";
import { useDraft } from "../store/builder-context";
import styles from "./palette.module.css";

/** The type of the data that a drag from the palette carries. */
export const DRAGGED = "application/x-cadenza-step";

/** The step types. Dragging one onto a way inserts a step there; pressing one adds a step below the open one, or at
 * the end. */
export function Palette({ flat, onAdded }: { flat: boolean; onAdded: (uid: string) => void }) {
  const actions = useActions();
  const selected = useDraft((state) => state.selected);
  return (
    <fieldset className={styles.palette} data-flat={flat}>
      <legend className="visually-hidden">Add a step</legend>
      {KINDS.map(({ type, label, hint }) => (
        <Tooltip key={type} text={hint}>
          <button
            type="button"
            className={styles.kind}
            draggable
            onDragStart={(event) => carry(event.dataTransfer, type)}
            onClick={() => onAdded(actions.add(type, selected))}
          >
            <KindIcon type={type} />
            <span>{label}</span>
          </button>
        </Tooltip>
      ))}
    </fieldset>
  );
}

function carry(data: DataTransfer, type: StepType): void {
  data.setData(DRAGGED, type);
  data.effectAllowed = "copy";
}
