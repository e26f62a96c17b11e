// Writes native/ops/manifest.h from the op catalogue (dist/graph, made by `npm run build:ts`); with --check it fails when the file is
// out of date.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import "../dist/graph/ops/index.js"; // fills the catalogue
import { operations, slotOf } from "../dist/graph/operation.js";

const all = [...operations().values()].sort((a, b) => (a.name < b.name ? -1 : 1));
const namesOf = (entries) => entries.map((entry) => slotOf(entry).name);

/** Values side by side, or below each other where a line has no room for them. */
function joined(values, separator, { before, indent }) {
  const line = values.join(`${separator} `);
  return before + line.length <= 118 ? line : values.join(`${separator}\n${" ".repeat(indent)}`);
}

function structOf({ name, operands, results, attributes = [] }) {
  const kinds = { Operand: namesOf(operands), Result: namesOf(results), Attribute: attributes };
  const enums = Object.entries(kinds).filter(([, names]) => names.length > 0);
  const lines = enums.map(([kind, names]) => {
    const room = { before: `  enum ${kind} {  };`.length, indent: 4 };
    return `  enum ${kind} { ${joined(names, ",", room)} };\n`;
  });
  return `struct ${name} {\n${lines.join("")}  static const Implementation implementation;\n};\n`;
}

/** A row of the table: a field a line, without those that have their default. */
function rowOf({ name, operands, results, attributes = [], mutates = [], consumes = [], view = false }) {
  const bits = (names) =>
    joined(
      names.map((own) => `1u << ${name}::${own}`),
      " |",
      { before: 24, indent: 9 },
    );
  const optional = (entries) => bits(namesOf(entries.filter((entry) => slotOf(entry).optional)));
  const list = (names) => {
    const quoted = names.map((own) => `"${own}"`);
    return names.length > 0 ? `{${joined(quoted, ",", { before: 24, indent: 9 })}}` : "";
  };
  const fields = {
    name: `"${name}"`,
    operands: list(namesOf(operands)),
    results: list(namesOf(results)),
    attributes: list(attributes),
    optionalOperands: optional(operands),
    optionalResults: optional(results),
    mutates: bits(mutates),
    consumes: bits(consumes),
    several: operands.some((entry) => slotOf(entry).several) && "true",
    view: view && "true",
    implementation: `${name}::implementation`,
  };
  const lines = Object.entries(fields).flatMap(([field, value]) => (value ? [`     .${field} = ${value}`] : []));
  return `    {${lines.join(",\n").trimStart()}},\n`;
}

const text = `// clang-format off
// Made by scripts/native-manifest.mjs from the op catalogue (lib/graph/ops).
//
// The ops by name: the numbers of their operands, results and attributes, and, at the end, the table of all.
// native/ops/<family>.cc defines the implementations that are declared here:
// const Implementation ops::lstm::implementation = {checkLstm, runLstm};
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
