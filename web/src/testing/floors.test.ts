import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { afterEach, beforeEach, expect, it } from "vitest";
import rules from "../../.dependency-cruiser.mjs";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "floors-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** The rules that a source tree with these files breaks. Each file is given with the modules that it imports. */
async function broken(files: Record<string, readonly string[]>): Promise<string[]> {
  for (const [file, imports] of Object.entries(files)) {
    const path = join(folder, "src", `${file}.ts`);
    await mkdir(dirname(path), { recursive: true });
    const lines = imports.map((name, index) => `import { value as v${index} } from "${name}";`);
    await writeFile(
      path,
      `${lines.join("\n")}\nexport const value = [${imports.map((_, index) => `v${index}`)}];\n`,
    );
  }
  const { tsConfig: _, ...options } = rules.options;
  const found = await cruise(["src"], { ...options, baseDir: folder, ruleSet: rules, validate: true });
  const { violations } = (found.output as ICruiseResult).summary;
  return [...new Set(violations.map((one) => one.rule.name))].filter((name) => name !== "no-orphans").sort();
}

const LEAF = {
  "features/leads/leads": [],
  "features/sequences/sequences": [],
  "ui/button": [],
  "lib/words": [],
};

it("allows imports that go down", async () => {
  const files = {
    ...LEAF,
    "app/router": ["../features/sequences/page"],
    "features/sequences/page": ["../leads/leads", "../../ui/button", "../../lib/words"],
  };
  expect(await broken(files)).toEqual([]);
});

it.each([
  ["a feature that imports the app", { "app/a": [], "features/leads/x": ["../../app/a"] }, "floor-features"],
  ["a component that imports a feature", { "ui/x": ["../features/leads/leads"] }, "floor-ui"],
  ["the client that imports a component", { "api/x": ["../ui/button"] }, "floor-api"],
  ["a helper that imports the client", { "api/a": [], "lib/x": ["../api/a"] }, "floor-lib"],
  [
    "a feature that imports a later one",
    { "features/leads/x": ["../sequences/sequences"] },
    "feature-order-leads",
  ],
  [
    "a feature without a place in the order",
    { "features/new/a": [], "features/new/b": ["./a"] },
    "feature-declared",
  ],
  ["a circle", { "lib/a": ["./b"], "lib/b": ["./a"] }, "no-circles"],
  [
    "a step type that imports the draft",
    { "features/builder/draft/a": [], "features/builder/kinds/email/x": ["../../draft/a"] },
    "builder-order-kinds",
  ],
  [
    "app code that imports test code",
    { "testing/a": [], "features/leads/x": ["../../testing/a"] },
    "no-test-code",
  ],
])("refuses %s", async (_, files, rule) => {
  expect(await broken({ ...LEAF, ...files } as Record<string, readonly string[]>)).toContain(rule);
});
