import { useReactFlow } from "@xyflow/react";
import { Keyboard, List, Maximize, Minus, Plus, Sparkles } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "@/ui/inputs/button";
import { Dialog } from "@/ui/overlays/dialog";
import { Tooltip } from "@/ui/overlays/tooltip";
import { isPlaced } from "../draft/layout";
import { useActions } from "../store/actions";
import { useBuilder, useDraft } from "../store/builder-context";
import { duration } from "./motion";
import styles from "./tools.module.css";

/** The controls for the view of the canvas. */
export function Tools({ onList }: { onList: () => void }) {
  const flow = useReactFlow();
  const actions = useActions();
  const { frozen } = useBuilder();
  const placed = useDraft((state) => isPlaced(state.steps));
  const [help, setHelp] = useState(false);
  return (
    <div className={styles.tools} role="toolbar" aria-label="View">
      <Tool label="As a list" onClick={onList}>
        <List />
      </Tool>
      <Tool label="Zoom in" wide onClick={() => flow.zoomIn({ duration: duration(150) })}>
        <Plus />
      </Tool>
      <Tool label="Zoom out" wide onClick={() => flow.zoomOut({ duration: duration(150) })}>
        <Minus />
      </Tool>
      <Tool
        label="Show everything"
        onClick={() => flow.fitView({ padding: 0.12, maxZoom: 1, duration: duration(200) })}
      >
        <Maximize />
      </Tool>
      {placed && !frozen && (
        <Tool label="Tidy up: arrange all steps again" onClick={actions.tidy}>
          <Sparkles />
        </Tool>
      )}
      <Tool label="Keyboard" wide onClick={() => setHelp(true)}>
        <Keyboard />
      </Tool>
      <Dialog open={help} onOpenChange={setHelp} title="Keyboard">
        <dl className={styles.keys}>
          {KEYS.map(([keys, what]) => (
            <div key={keys}>
              <dt>
                {keys.split(" ").map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </div>
  );
}

const KEYS: readonly [string, string][] = [
  ["Tab", "From step to step"],
  ["↑ ↓ ← →", "To the next step in that direction"],
  ["Enter", "Open the step"],
  ["Esc", "Close it"],
  ["Alt ↑ ↓", "Move the step up or down in the order"],
  ["Ctrl D", "Duplicate"],
  ["Delete", "Delete"],
  ["Ctrl Z", "Undo"],
  ["Ctrl Shift Z", "Redo"],
  ["Ctrl S", "Save"],
];

function Tool({
  label,
  wide = false,
  onClick,
  children,
}: {
  label: string;
  /** Shown only where there is room for it, beside a keyboard or a mouse. */
  wide?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <Tooltip text={label}>
      <Button
        look="quiet"
        icon
        size="sm"
        aria-label={label}
        className={wide ? styles.wide : undefined}
        onClick={onClick}
      >
        {children}
      </Button>
    </Tooltip>
  );
}
