// Mutants of one C++ file: small changes of its lines of code that a test should notice. It knows no grammar: what does not compile
// is thrown away by whoever compiles it.
import { readFileSync } from "node:fs";

/** Replacements of a token, by kind of mutant. Spaces tell operators from templates and pointers. */
const swaps = [
  ["comparison", / < /g, " <= "],
  ["comparison", / <= /g, " < "],
  ["comparison", / > /g, " >= "],
  ["comparison", / >= /g, " > "],
  ["comparison", / == /g, " != "],
  ["comparison", / != /g, " == "],
  ["arithmetic", / \+ /g, " - "],
  ["arithmetic", / - /g, " + "],
  ["arithmetic", / \* /g, " / "],
  ["arithmetic", / \/ /g, " * "],
  ["arithmetic", / % /g, " / "],
  ["arithmetic", / \+= /g, " -= "],
  ["arithmetic", / -= /g, " += "],
  ["arithmetic", /\bstd::min\b/g, "std::max"],
  ["arithmetic", /\bstd::max\b/g, "std::min"],
  ["boolean", / && /g, " || "],
  ["boolean", / \|\| /g, " && "],
  ["boolean", /(?<![\w)])!(?=[\w(])/g, ""],
  ["boolean", /\btrue\b/g, "false"],
  ["boolean", /\bfalse\b/g, "true"],
];

/** Conditions of the preprocessor whose code every machine compiles, or this one. */
const compiledHere = [/^HWY_ONCE$/, process.platform === "linux" && /^defined\(__linux__\)$/].filter(Boolean);

/** Lines that say what there is and do nothing, and those that make messages. */
const declares =
  /^\s*(#|using |namespace |template|struct |class |enum |static_assert|public:|private:|return \w+ ?\+ ?")/;

const statement =
  /^\s*(?!return\b|else\b|break\b|case\b|default\b|do\b|throw\b)[\w:.>()[\]*-]+ ?(\(.*\)|[-+*/|]?= .*|\+\+|--);$/;
const declaration = /^\s*(const |constexpr |static |auto |inline )|^\s*[\w:<>,]+[*&]? [\w]+( = |\(|;|\[)/;
const check = /^\s*if \(.*\) (throw|refuse|malformed|return|continue|break)\b.*;$/;

/** All mutants of a file: { kind, begin, end, text, line }, of which text replaces what stands from begin to end. */
export function mutantsOf(source) {
  const found = [];
  const lines = source.split("\n");
  const code = onlyCode(source).split("\n");
  const skipped = otherMachines(code);
  let begin = 0;
  for (const [i, line] of lines.entries()) {
    const bare = code[i] ?? "";
    const at = begin;
    begin += line.length + 1;
    if (skipped[i] || declares.test(bare) || bare.trim() === "" || bare.endsWith("\\")) continue;
    const add = (kind, from, to, text) => found.push({ kind, begin: at + from, end: at + to, text, line: i + 1 });
    for (const [kind, token, text] of swaps) {
      for (const match of bare.matchAll(token)) add(kind, match.index, match.index + match[0].length, text);
    }
    for (const match of bare.matchAll(/(?<![\w.])(\d+)(?![\w.'])/g)) {
      const [number] = match;
      const to = match.index + number.length;
      add("constant", match.index, to, String(Number(number) + 1));
      if (number === "1") add("constant", match.index, to, "0");
    }
    const whole = line.length - line.trimStart().length;
    if (check.test(bare)) add("check", whole, line.length, ";");
    else if (statement.test(bare) && !declaration.test(bare)) add("statement", whole, line.length, ";");
  }
  return found;
}

/** Whether this machine runs the code of a file. That of the matrix unit needs AVX-512: its tiles can be emulated. */
export function runsHere(file) {
  const matrixUnit = /matrix_unit|bfloat16|gradient_tiles/.test(file);
  return !matrixUnit || cpuHas("avx512bw");
}

/** Whether /proc/cpuinfo names a feature of the CPU; no where there is no such file. */
export function cpuHas(feature) {
  try {
    return new RegExp(`\\b${feature}\\b`).test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false;
  }
}

/** The source with comments and texts blanked out, character for character. */
function onlyCode(source) {
  return source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'/g, (text) =>
    text.startsWith('"') ? `"${"_".repeat(text.length - 2)}"` : text.replace(/[^\n]/g, " "),
  );
}

/** For each line, whether it is compiled only elsewhere. */
function otherMachines(lines) {
  const open = [];
  return lines.map((line) => {
    const [, word, condition = ""] = /^#(if|ifdef|ifndef|elif|else|endif)\b\s*(.*)/.exec(line) ?? [];
    if (word === "endif") open.pop();
    else if (word === "elif" || word === "else") open[open.length - 1] = false;
    else if (word !== undefined) open.push(compiledHere.some((pattern) => pattern.test(condition.trim())));
    return open.includes(false);
  });
}
