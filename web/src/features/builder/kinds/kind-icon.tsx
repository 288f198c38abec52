import type { StepType } from "../model/step";
import { kindOf } from ".";
import styles from "./tone.module.css";

export function KindIcon({ type }: { type: StepType }) {
  const { icon: Icon, tone } = kindOf(type);
  return (
    <span className={`${styles.icon} ${styles[tone]}`} aria-hidden="true">
      <Icon />
    </span>
  );
}
