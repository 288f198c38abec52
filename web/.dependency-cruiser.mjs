/** The floors of web/src, checked by `npm run check`. Imports go down only:
 *
 *   main.tsx -> app -> features -> ui -> api -> lib
 *
 * Features import each other only in the order of FEATURES, the builder's folders only in the order of BUILDER, and no
 * module is part of an import circle. */

/** A feature may import those before it. */
const FEATURES = ["leads", "batches", "sequences", "settings", "builder", "enroll", "analytics", "dev"];

/** A folder of the builder may import those before it. `kinds` holds one folder per step type. */
const BUILDER = ["model", "fields", "kinds", "draft", "store", "panel", "list", "canvas", "header"];

const anyOf = (names) => `(${names.join("|")})`;

/** Forbids each folder to import the folders after it in the order. */
const ordered = (name, root, order) =>
  order.slice(0, -1).map((folder, index) => ({
    name: `${name}-${folder}`,
    comment: `${root}/${folder} must not import ${anyOf(order.slice(index + 1))}`,
    severity: "error",
    from: { path: `^${root}/${folder}/` },
    to: { path: `^${root}/${anyOf(order.slice(index + 1))}/` },
  }));

const floor = (folder, below) => ({
  name: `floor-${folder}`,
  comment: `src/${folder} may import only itself and ${below.join(", ") || "packages"}`,
  severity: "error",
  from: { path: `^src/${folder}/`, pathNot: ["\\.test\\.tsx?$", "fixtures\\.tsx?$"] },
  to: { path: "^src/", pathNot: `^src/${anyOf([folder, ...below])}/` },
});

export default {
  forbidden: [
    floor("lib", []),
    floor("api", ["lib"]),
    floor("ui", ["api", "lib"]),
    floor("features", ["ui", "api", "lib"]),
    floor("app", ["features", "ui", "api", "lib"]),
    ...ordered("feature-order", "src/features", FEATURES),
    ...ordered("builder-order", "src/features/builder", BUILDER),
    {
      name: "feature-declared",
      comment: "A new feature needs a place in FEATURES",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^src/features/", pathNot: `^src/features/${anyOf(FEATURES)}/` },
    },
    {
      name: "builder-root",
      comment: "The screen of the builder puts its folders together; they must not import it",
      severity: "error",
      from: { path: "^src/features/builder/[^/]+/" },
      to: { path: "^src/features/builder/[^/]+$" },
    },
    {
      name: "no-circles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment: "Nothing imports this module",
      severity: "error",
      from: { orphan: true, path: "^src/", pathNot: ["\\.d\\.ts$", "\\.test\\.tsx?$"] },
      to: {},
    },
    {
      name: "resolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-test-code",
      comment: "Only tests import fixtures and what is in src/testing",
      severity: "error",
      from: { path: "^src/", pathNot: ["\\.test\\.tsx?$", "fixtures\\.tsx?$", "^src/testing/"] },
      to: { path: ["fixtures\\.tsx?$", "^src/testing/"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
