import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CharacterTokenizer, TokenizerPair } from "../../lib/data/index.js";
import type { NamedTensor } from "../../lib/formats/index.js";
import { writeSafetensors } from "../../lib/formats/index.js";
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

test("import --like puts weights of another program into a copy of a model", async () => {
  const [theirs, ours] = [1, 2].map((seed) => LanguageModel.create({ tokenizer, hiddenSize: 3, layers: 1, seed }));
  await (await (ours as Promise<LanguageModel>)).save(join(folder, "shape"));
  const trained = await (theirs as Promise<LanguageModel>);
  const tensors: NamedTensor[] = [{ name: "step", shape: [1], values: Int32Array.of(3) }];
  for (const { name, shape } of trained.parameters) {
    if (name === "output.bias") continue;
    tensors.push({ name: `module.${name.replace("rnn.", "lstm.")}`, shape, values: await trained.store.read(name) });
  }
  await writeSafetensors(join(folder, "weights.safetensors"), { tensors, metadata: {} });
  const like = ["import", "weights.safetensors", "--like", "shape"];
  const names = ["--prefix", "module.", "--rename", "lstm=rnn"];
  const { stdout, stderr, status } = ostinato([...like, ...names, "--missing", "zero", "--out", "taken"]);
  const own = tokenizer.size;
  expect([stderr, status]).toEqual(["The file has no tensor for output.bias, which is 0.\n", 0]);
  expect(stdout).toBe(
    `${trained.parameterCount - own} weights of weights.safetensors for a LanguageModel. The model is in taken.\n`,
  );
  const taken = await LanguageModel.load(join(folder, "taken"));
  expect(await taken.store.read("rnn.weight_hh_l0")).toEqual(await trained.store.read("rnn.weight_hh_l0"));
  expect(await taken.store.read("output.bias")).toEqual(new Float32Array(tokenizer.size));
  const kept = ostinato([...like, ...names, "--missing", "keep", "--out", "kept", "--json"]);
  expect(JSON.parse(kept.stdout)).toEqual({
    folder: "kept",
    kind: "LanguageModel",
    parameters: trained.parameterCount,
    missing: ["output.bias"],
  });
  refused([...like, ...names, "--out", "no"], /no tensor for 1 parameter \("output\.bias"\)/);
  refused([...like, "--rename", "lstm", "--out", "no"], /expected --rename to be names such as lstm=rnn/, 2);
  refused(["import", "weights.safetensors", "--missing", "keep", "--out", "no"], /--missing.*--like/, 2);
  refused(
    ["import", "weights.safetensors", "--out", "no"],
    /holds weights: name the folder of a model .* in --like/,
    2,
  );
  expect(existsSync(join(folder, "no"))).toBe(false);
});
