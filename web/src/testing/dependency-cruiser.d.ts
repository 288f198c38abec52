declare module "*/.dependency-cruiser.mjs" {
  import type { ICruiseOptions, IFlattenedRuleSet } from "dependency-cruiser";

  const rules: IFlattenedRuleSet & { options: ICruiseOptions & { tsConfig: unknown } };
  export default rules;
}
