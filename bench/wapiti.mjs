// How well does a conditional random field over features written by hand tag the same sentences? The CRF toolkit Wapiti (Lavergne et al. 2010).
//
//   node bench/wapiti.mjs --train FILE [--train FILE] --test FILE [--unit jamo] [--pattern FILE] [--wapiti PROGRAM] [-- OPTIONS OF wapiti train]
//
// Wapiti is built from its sources (github.com/Jekub/Wapiti: make); Debian's package of that name is another program. It reads tokens, in
// lower case too, with two neighbours on each side, the letters that they begin and end with, up to five, and their shape: what its own
// example patterns read, and more; --pattern takes another file of patterns, over the tokens in column 0. Files are read, and spans counted,
// as `ostinato train tag` and `evaluate` do. Its training ends early where the tags do not change for a while, all O: -w 30 -i 100.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readTaggedSentences, spanScores } from "../dist/index.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: "string", multiple: true, default: [] },
    test: { type: "string" },
    pattern: { type: "string" },
    unit: { type: "string", default: "character" },
    wapiti: { type: "string", default: "wapiti" },
  },
});
if (values.train.length === 0 || values.test === undefined) {
  process.stderr.write(
    "node bench/wapiti.mjs --train FILE --test FILE [--unit jamo] [--pattern FILE] [--wapiti PROGRAM]\n",
  );
  process.exit(1);
}

/** A token without what would end a column. */
const column = (text) => text.replace(/\s/g, "\u2423") || "\u2205";

/** Capitals, small letters, digits and other signs, runs as one. */
const shape = (token) =>
  token
    .replace(/\p{Lu}+/gu, "A")
    .replace(/\p{Ll}+/gu, "a")
    .replace(/\p{Lo}+/gu, "o")
    .replace(/\p{Nd}+/gu, "0")
    .replace(/[^Aao0]+/gu, ".");

const affixes = [1, 2, 3, 4, 5];

/** The columns of a token: itself, in lower case, its shape, what it begins with, and what it ends with. */
function columns(token) {
  const letters = [...(values.unit === "jamo" ? token.normalize("NFD") : token)];
  const begins = affixes.map((count) => letters.slice(0, count).join(""));
  const ends = affixes.map((count) => letters.slice(-count).join(""));
  return [token, token.toLowerCase(), shape(token), ...begins, ...ends].map(column);
}

const near = [-2, -1, 0, 1, 2];
const patterns = [
  "b",
  "u:w=%x[0,0]",
  ...near.map((at) => `u:l${at}=%x[${at},1]`),
  ...[-2, -1, 0, 1].map((at) => `u:ll${at}=%x[${at},1]/%x[${at + 1},1]`),
  ...[-2, -1, 0].map((at) => `u:lll${at}=%x[${at},1]/%x[${at + 1},1]/%x[${at + 2},1]`),
  ...[-1, 1].map((at) => `u:s${at}=%x[${at},2]`),
  "*:s=%x[0,2]",
  "u:sss=%x[-1,2]/%x[0,2]/%x[1,2]",
  ...affixes.map((_, i) => `u:p${i}=%x[0,${3 + i}]`),
  ...affixes.map((_, i) => `u:e${i}=%x[0,${3 + affixes.length + i}]`),
  ...[-1, 1].flatMap((at) => [1, 2].map((i) => `u:e${at},${i}=%x[${at},${3 + affixes.length + i}]`)),
];

const read = async (files) => (await Promise.all(files.map((file) => readTaggedSentences(file)))).flat();
const text = (sentences) =>
  sentences
    .map(({ tokens, tags }) => `${tokens.map((token, t) => [...columns(token), tags[t]].join(" ")).join("\n")}\n\n`)
    .join("");

const folder = mkdtempSync(join(tmpdir(), "wapiti-"));
const at = (name) => join(folder, name);
const wapiti = (...args) => {
  const { error, status } = spawnSync(values.wapiti, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error ?? status !== 0) throw error ?? new Error(`wapiti ${args[0]} ended with ${status}`);
};
try {
  const [train, test] = [await read(values.train), await read([values.test])];
  writeFileSync(at("pattern"), values.pattern ? readFileSync(values.pattern) : `${patterns.join("\n")}\n`);
  writeFileSync(at("train"), text(train));
  writeFileSync(at("test"), text(test));
  wapiti("train", ...positionals, "-p", at("pattern"), at("train"), at("model"));
  wapiti("label", "-l", "-m", at("model"), at("test"), at("answers"));
  const answers = readFileSync(at("answers"), "utf8").trimEnd().split(/\n\n+/);
  const { accuracy, precision, recall, f1 } = spanScores(
    answers.map((sentence) => sentence.split("\n")),
    test.map(({ tags }) => tags),
  );
  const percent = (share) => (100 * share).toFixed(2);
  process.stdout.write(
    `${test.length} sentences: accuracy ${percent(accuracy)} %, spans: precision ${percent(precision)} %, recall ${percent(recall)} %, F1 ${percent(f1)}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
