import { ArrowDown, ArrowUp, Copy, Ellipsis, Trash2 } from "lucide-react";
import { Button } from "@/ui/inputs/button";
import { Menu, MenuItem, MenuLine } from "@/ui/overlays/menu";
import { titleOf } from "../draft/draft";
import { outlets } from "../draft/outlets";
import { KindMenuItems } from "../kinds/kind-menu-items";
import type { DraftStep } from "../model/step";
import { useActions } from "../store/actions";
import { useBuilder, useDraft } from "../store/builder-context";
import styles from "./step-menu.module.css";

/** Everything that can be done to a step, without dragging. */
export function StepMenu({ uid, step }: { uid: string; step: DraftStep }) {
  const actions = useActions();
  const { store } = useBuilder();
  // Keeps the way through fifty steps by Tab short: the menu is in the tab order only for the open step.
  const selected = useDraft((state) => state.selected === uid);
  return (
    <div className={`${styles.menu} nodrag nopan`}>
      <Menu
        trigger={
          <Button
            look="quiet"
            size="sm"
            icon
            tabIndex={selected ? 0 : -1}
            aria-label={`More for ${titleOf(step)}`}
            onClick={(event) => event.stopPropagation()}
          >
            <Ellipsis />
          </Button>
        }
      >
        <p className={styles.label}>Add after it</p>
        <KindMenuItems onAdd={(type) => actions.add(type, uid)} />
        <MenuLine />
        <MenuItem onSelect={() => actions.shift(uid, -1)} disabled={store.getState().steps[0]?.uid === uid}>
          <ArrowUp /> Earlier
        </MenuItem>
        <MenuItem
          onSelect={() => actions.shift(uid, 1)}
          disabled={store.getState().steps.at(-1)?.uid === uid}
        >
          <ArrowDown /> Later
        </MenuItem>
        <MenuItem onSelect={() => actions.duplicate(uid)}>
          <Copy /> Duplicate
        </MenuItem>
        <MenuLine />
        {outlets(step).length > 1 && (
          <MenuItem onSelect={() => store.getState().select(uid)}>Choose where branches lead…</MenuItem>
        )}
        <MenuItem danger onSelect={() => actions.remove(uid)}>
          <Trash2 /> Delete
        </MenuItem>
      </Menu>
    </div>
  );
}
