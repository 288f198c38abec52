import { plural, words } from "@/lib/format";
import { numberOf, patched, textOf } from "../../model/config";
import { gotoKeys, readOutcome, withRenamedGoto } from "../../model/outcome";
import type { Branching } from "../kind";

export const waitForBranching: Branching = {
  outlets: (config) => [
    {
      name: "on_event",
      label: words(textOf(config, "event")),
      outcome: readOutcome(config.on_event),
    },
    {
      name: "on_timeout",
      label: `After ${plural(numberOf(config, "timeout_days") ?? 0, "day")}`,
      outcome: readOutcome(config.on_timeout),
    },
  ],
  withOutcome: (config, name, outcome) => ({ ...config, [name]: outcome }),
  keysIn: (config) => [...gotoKeys(config.on_event), ...gotoKeys(config.on_timeout)],
  withRenamedKey: (config, from, to) =>
    patched(config, {
      on_event: withRenamedGoto(config.on_event, from, to),
      on_timeout: withRenamedGoto(config.on_timeout, from, to),
    }),
};
