// Writes native/ops/manifest.h from the op catalogue (dist/graph, made by `npm run build:ts`); with --check it fails when the file is
// out of date.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { operations } from "../dist/graph/index.js";
import { slotOf } from "../dist/graph/operation.js";

const all = [...operations().values()].sort((a, b) => (a.name < b.name ? -1 : 1));
const namesOf = (entries) => entries.map((entry) => slotOf(entry).name);
const quoted = (names) => `{${names.map((name) => `"${name}"`).join(", ")}}`;

function structOf({ name, operands, results, attributes = [] }) {
  const kinds = { Operand: namesOf(operands), Result: namesOf(results), Attribute: attributes };
  const enums = Object.entries(kinds).filter(([, names]) => names.length > 0);
  const lines = enums.map(([kind, names]) => `  enum ${kind} { ${names.join(", ")} };\n`);
  return `struct ${name} {\n${lines.join("")}  static const Implementation implementation;\n};\n`;
}

function rowOf({ name, operands, results, attributes = [], mutates = [], consumes = [], view = false }) {
  const bits = (names) => names.map((own) => `1u << ${name}::${own}`).join(" | ") || "0";
  const optional = (entries) => bits(namesOf(entries.filter((entry) => slotOf(entry).optional)));
  const several = operands.some((entry) => slotOf(entry).several);
  const lists = [operands, results].map((entries) => quoted(namesOf(entries)));
  const masks = [optional(operands), optional(results), bits(mutates), bits(consumes)];
  const cells = [`"${name}"`, ...lists, quoted(attributes), ...masks, several, view, `${name}::implementation`];
  return `    {${cells.join(", ")}},\n`;
}

const text = `// clang-format off
// Made by scripts/native-manifest.mjs from the op catalogue (lib/graph/ops).
//
// The ops by name: the numbers of their operands, results and attributes, and, at the end, the table of all.
// native/ops/<family>.cc defines what is declared here: const Implementation ops::lstm::implementation = {checkLstm, runLstm};
#pragma once

#include "ops/operation.h"

namespace ostinato {
namespace ops {

${all.map(structOf).join("\n")}
inline constexpr Operation kTable[] = {
${all.map(rowOf).join("")}};

}  // namespace ops
}  // namespace ostinato
`;
const file = fileURLToPath(new URL("../native/ops/manifest.h", import.meta.url));
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text) {
  process.stderr.write("native/ops/manifest.h is out of date: run npm run ops\n");
  process.exit(1);
}
