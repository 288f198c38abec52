import { words } from "@/lib/format";

/** The parts of a step that are needed to name it. */
export interface NamedStep {
  key: string;
  name: string;
}

/** The place of a problem for a person: `steps[2].config.subject` becomes `Follow-up, subject`; without the steps,
 * `Step 3`. */
export function placeOf(field: string, steps: readonly NamedStep[] = []): string {
  const found = /^steps\[(\d+)\](?:\.(.*))?$/.exec(field);
  if (found === null) return inside(field);
  const index = Number(found[1]);
  const step = steps[index];
  const title = step ? step.name || step.key : `Step ${index + 1}`;
  const rest = inside((found[2] ?? "").replace(/^config(\.|$)/, ""));
  return rest ? `${title}, ${rest.charAt(0).toLowerCase()}${rest.slice(1)}` : title;
}

/** `variants[1].subject` becomes `Variant 2, subject`. */
function inside(path: string): string {
  const parts = path.split(".").filter((part) => !["", "settings", "then", "goto"].includes(part));
  const said = parts.map((part) => {
    const [, name = part, index] = /^(.*)\[(\d+)\]$/.exec(part) ?? [];
    const called = words(name.replaceAll(/\[\d+\]/g, ""));
    return index === undefined ? called : `${singular(called)} ${Number(index) + 1}`;
  });
  return said
    .map((part, place) => (place === 0 ? part : part.charAt(0).toLowerCase() + part.slice(1)))
    .join(", ");
}

function singular(name: string): string {
  if (/(ch|sh|ss|x)es$/.test(name)) return name.slice(0, -2);
  return name.endsWith("s") ? name.slice(0, -1) : name;
}
