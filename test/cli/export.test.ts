import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CharacterTokenizer, TokenizerPair } from "../../lib/data/index.js";
import { LanguageModel, Seq2Seq } from "../../lib/models/kinds.js";
import { NgramModel } from "../../lib/models/ngramModel/index.js";
import { commandFolder } from "./commandFolder.js";

const { folder, ostinato, refused } = commandFolder("export");
const tokenizer = CharacterTokenizer.fromText("abc\n");

test("export writes the graphs of a model, and says what each reads and gives", async () => {
  await (await LanguageModel.create({ tokenizer, hiddenSize: 3, layers: 1 })).save(join(folder, "writer"));
  const { stdout, stderr, status } = ostinato(["export", "writer", "graphs"]);
  expect([stderr, status]).toEqual(["", 0]);
  const file = join("graphs", "step.onnx");
  const ports = "ids i32[B], h_l0 f32[B,3], c_l0 f32[B,3] -> logits f32[B,4], next.h_l0 f32[B,3], next.c_l0 f32[B,3]";
  expect(stdout).toBe(`${file}: ${ports}\n`);
  const bytes = readFileSync(join(folder, file));
  expect(bytes.includes("embedding.weight")).toBe(true);
  // The same model gives the same file.
  ostinato(["export", "writer", "again"]);
  expect(readFileSync(join(folder, "again", "step.onnx")).equals(bytes)).toBe(true);

  const pair = new TokenizerPair(tokenizer, tokenizer);
  await (await Seq2Seq.create({ tokenizer: pair, hiddenSize: 4 })).save(join(folder, "translator"));
  const { graphs } = JSON.parse(ostinato(["export", "translator", "both", "--json"]).stdout);
  expect(graphs.map((graph: { file: string }) => graph.file)).toEqual(
    ["encoder", "step"].map((name) => join("both", `${name}.onnx`)),
  );
  expect(graphs[0].inputs[0]).toEqual({ name: "source", type: "i32", shape: ["S", "B"] });
});

test("a model that has no graphs is refused with the kinds that have", async () => {
  await (await NgramModel.fromText("a b a\nb a\n", { order: 2 })).save(join(folder, "counts"));
  refused(
    ["export", "counts", "out"],
    /holds an NgramModel, which export does not take.*Models that it takes: .*LanguageModel/,
    2,
  );
  expect(existsSync(join(folder, "out"))).toBe(false);
});
