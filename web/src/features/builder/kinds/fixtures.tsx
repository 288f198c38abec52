import { useState } from "react";
import { renderInApp } from "@/testing/render";
import { placeProblems } from "../fields/problems";
import { ProblemsContext } from "../fields/problems-context";
import { step as fixture } from "../model/fixtures";
import type { DraftStep, StepProblem } from "../model/step";
import type { StepKind } from "./kind";

interface PanelProps {
  kind: StepKind;
  first: DraftStep["config"];
  others: readonly DraftStep[];
  problems: readonly StepProblem[];
  onConfig: (config: DraftStep["config"]) => void;
}

/** Renders the editor of a step type as the panel does, below `others`. `config()` is the config that the editor has
 * reported last. */
export async function renderEditor(
  kind: StepKind,
  first: DraftStep["config"],
  { others = [], problems = [] }: Partial<Pick<PanelProps, "others" | "problems">> = {},
) {
  let reported = first;
  const onConfig: PanelProps["onConfig"] = (config) => {
    reported = config;
  };
  const panel = <Panel kind={kind} first={first} others={others} problems={problems} onConfig={onConfig} />;
  return { ...(await renderInApp(panel)), config: () => reported };
}

function Panel({ kind, first, others, problems, onConfig }: PanelProps) {
  const [config, setConfig] = useState(first);
  const step = fixture("here", kind.type, config);
  const paths = kind.fieldPaths(config).map((path) => (path === "" ? "config" : `config.${path}`));
  return (
    <ProblemsContext value={placeProblems(problems, paths)}>
      <kind.Editor
        sequenceId="0190a000-0000-7000-8000-00000000000a"
        step={step}
        steps={[...others, step]}
        config={config}
        onConfig={(changed) => {
          onConfig(changed);
          setConfig(changed);
        }}
      />
    </ProblemsContext>
  );
}
