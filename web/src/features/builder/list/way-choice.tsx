import { SelectField } from "@/ui/inputs/field";
import { indexOf, titleOf } from "../draft/draft";
import type { Outcome, Outlet } from "../model/outcome";
import { useActions } from "../store/actions";
import { useBuilder, useDraft } from "../store/builder-context";
import styles from "./step-list.module.css";

const CONTINUE = "continue";
const STOP = "stop";
const GOTO = "goto ";

/** Chooses where one way out of a step leads. */
export function WayChoice({ uid, outlet }: { uid: string; outlet: Outlet }) {
  const actions = useActions();
  const { frozen } = useBuilder();
  const steps = useDraft((state) => state.steps);
  const next = steps[indexOf(steps, uid) + 1]?.step;
  const value = written(outlet.outcome);
  const known = steps.some((item) => GOTO + item.step.key === value);
  return (
    <div className={styles.way}>
      <span className={styles.wayName}>{outlet.label}</span>
      <SelectField
        label={`${outlet.label}: leads to`}
        hideLabel
        value={value}
        disabled={frozen}
        onChange={(event) =>
          actions.connect({ uid, outlet: outlet.name }, outcomeOf(event.target.value, outlet.outcome))
        }
      >
        <option value={CONTINUE}>{next ? `Next: ${titleOf(next)}` : "Complete the sequence"}</option>
        <option value={STOP}>
          {"stop" in outlet.outcome && outlet.outcome.reason ? `Stop: ${outlet.outcome.reason}` : "Stop"}
        </option>
        {value.startsWith(GOTO) && !known && (
          <option value={value}>No step “{value.slice(GOTO.length)}”</option>
        )}
        <optgroup label="Go to">
          {steps
            .filter((item) => item.uid !== uid && (item.step !== next || value === GOTO + item.step.key))
            .map((item) => (
              <option key={item.uid} value={GOTO + item.step.key}>
                {titleOf(item.step)}
              </option>
            ))}
        </optgroup>
      </SelectField>
    </div>
  );
}

function written(outcome: Outcome): string {
  if ("goto" in outcome) return GOTO + outcome.goto;
  return "stop" in outcome ? STOP : CONTINUE;
}

/** Choosing "stop" again keeps the reason. */
function outcomeOf(value: string, before: Outcome): Outcome {
  if (value === CONTINUE) return { continue: true };
  if (value === STOP) return "stop" in before ? before : { stop: true };
  return { goto: value.slice(GOTO.length) };
}
