// How fast are n-grams counted and looked up, and in how many bytes, beside KenLM?
//
//   node bench/ngrams.mjs TEXT TEST --kenlm FOLDER [--order 5] [--seconds 2] [--rounds 3]
//
// TEXT is counted, the words of TEST are asked for; a line is a sentence. FOLDER has KenLM's programs lmplz, build_binary and
// kenlm_benchmark: those of its repository, github.com/kpu/kenlm, after cmake and make. Both sides build modified Kneser-Ney, from the
// file to a file; KenLM's is text, in ARPA's form, which it has to parse again. Queries are those of a text on one thread: KenLM's
// program asks for one word after the other, ours for some hundred at a time. Their seconds are those of the processor.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Corpus, memoryStream, NgramModel } from "../dist/index.js";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { builtProgram } from "./nativeProgram.mjs";
import { here, leastOfTurns } from "./turns.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kenlm: { type: "string" },
    order: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
  },
});
const [text, test] = positionals;
if (!text || !test || !values.kenlm) {
  process.stderr.write("node bench/ngrams.mjs TEXT TEST --kenlm FOLDER\n");
  process.exit(2);
}
const order = Number(values.order);
const turns = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
const folder = mkdtempSync(join(tmpdir(), "ostinato-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const at = (name) => join(folder, name);

/** Copies a text without the words that KenLM keeps for itself. @returns its words and line ends */
function copyText(from, to) {
  const lines = readFileSync(from, "utf8")
    .replaceAll(/<(unk|s|\/s)>/g, "($1)")
    .split("\n")
    .map((line) => line.trim());
  const kept = lines.filter((line) => line !== "");
  writeFileSync(at(to), `${kept.join("\n")}\n`);
  return kept.reduce((sum, line) => sum + line.split(/\s+/).length + 1, 0);
}

function kenlm(program, args, options = {}) {
  const { status, stderr, stdout, error } = spawnSync(join(values.kenlm, program), args, {
    maxBuffer: 2 ** 31,
    ...options,
  });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
  return stdout;
}

const bytesIn = (path) => readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);

async function build() {
  const model = await NgramModel.train(Corpus.fromFile(at("text")), { order });
  await model.save(at("model"), { overwrite: true });
  return model;
}

async function lmplz() {
  const args = ["-o", String(order), "--text", at("text"), "--arpa", at("arpa"), "-T", at("sort"), "-S", "2G"];
  kenlm("lmplz", [...args, "--discount_fallback"]);
}

/** Asks KenLM for the words of the test text, again and again. @returns seconds of a pass */
function kenlmQueries(kind) {
  const ids = kenlm("kenlm_benchmark", ["-v", "-m", at(kind)], { input: readFileSync(at("test")) });
  const passes = Math.max(1, Math.ceil((turns.seconds * 5e6) / queries));
  writeFileSync(at(`${kind}.ids`), Buffer.concat(new Array(passes).fill(ids)));
  return () => {
    const input = readFileSync(at(`${kind}.ids`));
    const said = kenlm("kenlm_benchmark", ["-q", "-t", "1", "-m", at(kind)], { input }).toString();
    return queries / Number(/Queries per second .*CPU: ([\d.e+]+)/.exec(said)?.[1]);
  };
}

const tokens = copyText(text, "text");
const queries = copyText(test, "test");
process.stdout.write(`${machineLine(describeMachine())}\n${tokens} tokens, order ${order}\n${busyWarning() ?? ""}\n`);

function print(name, rate, unit) {
  process.stdout.write(`${Math.round(rate).toLocaleString("en-US").padStart(12)} ${unit}  ${name}\n`);
}

const builds = [
  async () => ({ ...here(build), title: "building: Ostinato" }),
  async () => ({ ...here(lmplz), title: "building: KenLM's lmplz" }),
];
for (const { title, least } of await leastOfTurns(builds, { seconds: 0.001, rounds: turns.rounds })) {
  print(title, tokens / least, "tokens/s");
}

const model = await build();
const { counts } = model.network.config;
const ngrams = counts.reduce((sum, count) => sum + count, 0);
const table = await model.store.read("ngrams");
writeFileSync(at("table"), table);
const ids = model.tokenizer.encode(readFileSync(at("test"), "utf8"));
writeFileSync(at("ids"), ids);
const program = builtProgram("ngrams");

for (const kind of ["probing", "trie"]) kenlm("build_binary", [kind, at("arpa"), at(kind)]);
const sizes = [
  ["Ostinato", bytesIn(at("model"))],
  ["Ostinato, the table alone", 4 * table.length],
  ["KenLM's trie", statSync(at("trie")).size],
  ["KenLM's probing table", statSync(at("probing")).size],
];
for (const [name, size] of sizes) {
  process.stdout.write(`${(size / ngrams).toFixed(2).padStart(12)} bytes  for each of ${ngrams} n-grams: ${name}\n`);
}

const passes = new Int32Array(ids.length * Math.max(1, Math.ceil(1e6 / ids.length)));
for (let i = 0; i < passes.length; i += ids.length) passes.set(ids, i);
const asking = [
  async () => ({
    title: "Ostinato, natively",
    round: async (seconds) => {
      const mark = model.tokenizer.id("<eos>");
      const said = spawnSync(program, [at("table"), at("ids"), String(mark), String(seconds)], { encoding: "utf8" });
      if (said.status !== 0) throw new Error(said.stderr);
      return JSON.parse(said.stdout).seconds;
    },
    stop: () => {},
  }),
  async () => {
    const share = ids.length / passes.length;
    const round = async (seconds) => {
      const end = performance.now() + 1000 * seconds;
      let least = Number.POSITIVE_INFINITY;
      while (performance.now() < end) {
        const before = process.cpuUsage();
        await model.evaluate(memoryStream(passes, 0));
        const { user, system } = process.cpuUsage(before);
        least = Math.min(least, (share * (user + system)) / 1e6);
      }
      return least;
    };
    return { title: "Ostinato, evaluate() in Node", round, stop: () => {} };
  },
  ...["probing", "trie"].map((kind) => async () => {
    const pass = kenlmQueries(kind);
    return { title: `KenLM, ${kind}`, round: async () => pass(), stop: () => {} };
  }),
];
for (const { title, least } of await leastOfTurns(asking, turns))
  print(`queries: ${title}`, queries / least, "words/s");
