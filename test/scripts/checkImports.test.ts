import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";

const script: string = "../../scripts/check-imports.mjs";
const checker: { problemsOf: (root: string) => string[] } = await import(script);
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const page = `
| lib/low.ts | |
| lib/high | lib/low.ts |
| lib/face.ts | lib/high |
| native/base | |
| native/kernels | native/base |
| native/kernels/products | native/base, native/kernels |

| \`node:\`, \`csv-parse\` | lib/high |
| \`hwy/\` | native/kernels |
| \`napi.h\` | native/base |

Nothing that \`lib/face.ts\` reaches imports any of them.
`;

/** A project that keeps to its page. */
const sound: Record<string, string> = {
  "ARCHITECTURE.md": page,
  "lib/low.ts": 'export const x = 1; // import "node:fs"',
  "lib/high/file.ts":
    'import { readFileSync } from "node:fs"; import { parse } from "csv-parse/sync"; import "../low.js";',
  "lib/high/plain.ts": 'export type { x } from "../low.js";',
  "lib/face.ts": 'export * from "./high/plain.js";',
  "native/base/pool.h": "#include <napi.h>\n#include <vector>\n",
  "native/kernels/tanh.cc": '#include "base/pool.h"\n#include "hwy/highway.h"\n',
  "native/kernels/products/gemm.cc": '#include "kernels/tanh.cc"\n#include "kernels/products/gemm.cc"\n',
};

function problemsOf(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-imports-"));
  folders.push(folder);
  for (const [name, text] of Object.entries({ ...sound, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return checker.problemsOf(folder);
}

test("a project that keeps to its page passes", () => {
  expect(problemsOf({})).toEqual([]);
});

test("a row for lib/kinds/<kind> is one for each folder there, of which none imports another", () => {
  const kinds = {
    "ARCHITECTURE.md": page.replace(
      "| lib/low.ts | |",
      "| lib/low.ts | |\n| lib/kinds/<kind> | lib/low.ts |\n| lib/kinds/all.ts | lib/kinds/<kind> |",
    ),
    "lib/kinds/one/model.ts": 'import "../../low.js"; import "./part.js";',
    "lib/kinds/one/part.ts": "",
    "lib/kinds/two/model.ts": "",
    "lib/kinds/all.ts": 'import "./one/model.js"; import "./two/model.js";',
  };
  expect(problemsOf(kinds)).toEqual([]);
  expect(problemsOf({ ...kinds, "lib/kinds/two/model.ts": 'import "../one/part.js";' })).toEqual([
    "lib/kinds/two/model.ts imports lib/kinds/one/part.ts: lib/kinds/two may not import lib/kinds/one",
  ]);
});

test.each([
  ["an import upwards", "lib/low.ts", 'import "./high/plain.js";', "lib/low.ts imports lib/high/plain.ts"],
  ["a dynamic import upwards", "lib/low.ts", 'await import("./high/plain.js");', "lib/low.ts may not import lib/high"],
  [
    "an #include upwards",
    "native/base/x.cc",
    '#include "kernels/tanh.cc"',
    "native/base may not import native/kernels",
  ],
  [
    "an #include from a folder into one inside it",
    "native/kernels/x.cc",
    '  # include "kernels/products/gemm.cc"',
    "native/kernels may not import native/kernels/products",
  ],
  ["a module of Node where none may be", "lib/low.ts", 'import fs from "node:fs";', "lib/low.ts imports node:fs"],
  ["a package where it may not be", "lib/low.ts", 'require("csv-parse");', "lib/low.ts imports csv-parse"],
  ["a package that the page does not know", "lib/high/x.ts", 'import "left-pad";', "lib/high/x.ts imports left-pad"],
  ["a C++ library where it may not be", "native/kernels/x.h", "#include <napi.h>", "native/kernels/x.h imports napi.h"],
  ["an #include of nothing", "native/base/x.h", '#include "base/gone.h"', "native/base/x.h imports base/gone.h"],
  ["a file in no row", "native/new/x.h", "", "native/new/x.h is in no row"],
  [
    "a module of Node that the portable file reaches",
    "lib/high/plain.ts",
    'import "./file.js";',
    "lib/face.ts reaches node:fs: lib/face.ts -> lib/high/plain.ts -> lib/high/file.ts -> node:fs",
  ],
  [
    "a row without files",
    "ARCHITECTURE.md",
    page.replace("| lib/high | lib/low.ts |", "| lib/high | lib/low.ts |\n| lib/gone | |"),
    "lib/gone is in the table and not in the tree",
  ],
  [
    "a circle of rows",
    "ARCHITECTURE.md",
    page.replace("| native/base | |", "| native/base | native/kernels/products |"),
    "the table is a circle: native/base -> native/kernels/products -> native/base",
  ],
])("%s is found", (_, file, text, problem) => {
  expect(problemsOf({ [file]: text }).join("\n")).toContain(problem);
});
