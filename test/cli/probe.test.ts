import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readTaggedSentences } from "../../lib/data/index.js";
import type { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { loadModel } from "../../lib/models/registry.js";
import type { SequenceTagger } from "../../lib/models/sequenceTagger/sequenceTagger.js";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, file } = commandFolder("probe");

const sentences = Array.from({ length: 60 }, (_, i) =>
  ["the", ["whale", "ship"][i % 2] as string, ["swims", "sinks", "sails"][i % 3] as string].map(
    (word) => [word, word === "the" ? "DET" : word.endsWith("s") ? "VERB" : "NOUN"] as const,
  ),
);
const conll = file(
  "words.conll",
  sentences.map((rows) => `${rows.map((row) => row.join(" ")).join("\n")}\n\n`).join(""),
);
const table = file(
  "texts.tsv",
  sentences.map((rows, i) => `${rows.map(([word]) => word).join(" ")}\t${i % 2}\n`).join(""),
);
const text = file("text.txt", sentences.map((rows) => `${rows.map(([word]) => word).join(" ")}\n`).join(""));
const small = ["--hidden-size", "8", "--maximum-steps", "4", "--batch-size", "4"];

beforeAll(() => {
  for (const [kind, path, ...own] of [
    ["tag", conll, "--layers", "2"],
    ["classify", table, "--tokenizer", "word"],
    ["lm", text, "--window-length", "8", "--layers", "2"],
  ] as const) {
    const { status, stderr } = ostinato(["train", kind, path, "--out", kind, ...small, ...own]);
    expect(`${kind} ${status} ${status === 0 ? "" : stderr}`).toBe(`${kind} 0 `);
  }
}, 120_000);

test.each([
  { kind: "tag", path: conll, learnt: "144", measured: "36", always: "DET", layers: 2 },
  { kind: "lm", path: conll, learnt: "144", measured: "36", always: "DET", layers: 2 },
  { kind: "classify", path: table, learnt: "48", measured: "12", always: "[01]", layers: 1 },
])("probe of a model of train $kind prints a row for the commonest label and for each layer", (row) => {
  const { status, stdout } = ostinato(["probe", row.kind, row.path]);
  expect(status).toBe(0);
  const above = Array.from({ length: row.layers }, (_, l) => `layer ${l + 1} +\\d+\\.\\d\\d %\\n`).join("");
  expect(stdout).toMatch(
    new RegExp(
      `^A linear classifier of each layer: learnt from ${row.learnt}, measured on ${row.measured}\\.\\n` +
        `always ${row.always} +\\d+\\.\\d\\d %\\nembedding +\\d+\\.\\d\\d %\\n${above}$`,
    ),
  );
  const measured = Number(row.measured);
  const shares = Array.from({ length: measured + 1 }, (_, right) => ((100 * right) / measured).toFixed(2));
  for (const [, figure] of stdout.matchAll(/(\d+\.\d\d) %/g)) expect(shares).toContain(figure);
});

test("a language model of reversed lines reads sentences from their end", async () => {
  expect(
    ostinato(["train", "lm", text, "--out", "backward", ...small, "--window-length", "8", "--reverse-lines"]).status,
  ).toBe(0);
  const { stdout, stderr } = ostinato(["probe", "backward", conll, "--json"]);
  expect(stderr).toBe("");
  const model = (await loadModel(join(folder, "backward"))) as LanguageModel;
  const turned = (await readTaggedSentences(join(folder, conll))).map(({ tokens, tags }) => ({
    tokens: tokens.map((word) => [...word].reverse().join("")).reverse(),
    tags: [...tags].reverse(),
  }));
  expect(JSON.parse(stdout.trim().split("\n").at(-1) as string)).toEqual(await model.probe(turned));
});

test("--json has what the library gives", async () => {
  const { stdout } = ostinato(["probe", "tag", conll, "--held-out", "0.5", "--seed", "3", "--json"]);
  const model = (await loadModel(join(folder, "tag"))) as SequenceTagger;
  const found = await model.probe(await readTaggedSentences(join(folder, conll)), { heldOut: 0.5, seed: 3 });
  expect(JSON.parse(stdout.trim().split("\n").at(-1) as string)).toEqual(found);
});

test("a file without two labels, and a share that is none, are refused", () => {
  const one = file("one.conll", "the DET\nwhale DET\n\nthe DET\n\n");
  expect(ostinato(["probe", "lm", one]).stderr).toContain("expected two labels or more to learn from");
  expect(ostinato(["probe", "lm", conll, "--held-out", "1"])).toMatchObject({ status: 2 });
});
