import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CharacterTokenizer, TokenizerPair } from "../../lib/data/index.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { Seq2Seq } from "../../lib/models/seq2seq/seq2seq.js";
import type { Parameter } from "../../lib/nn/index.js";

const executor = new ReferenceExecutor({ precision: "float32" });
const [ab, cd] = ["ab\n", "cd\n"].map((text) => CharacterTokenizer.fromText(text)) as [
  CharacterTokenizer,
  CharacterTokenizer,
];

const kinds = {
  LanguageModel: (tokens: CharacterTokenizer, hiddenSize: number, seed: number) =>
    LanguageModel.create({ tokenizer: tokens, hiddenSize, layers: 1, seed, executor }),
  Seq2Seq: (tokens: CharacterTokenizer, hiddenSize: number, seed: number) =>
    Seq2Seq.create({
      tokenizer: new TokenizerPair(ab, tokens),
      hiddenSize,
      encoderLayers: 1,
      decoderLayers: 1,
      seed,
      executor,
    }),
};

test.each(Object.entries(kinds))(
  "a %s takes the weights of its own kind of folder, and no others",
  async (_name, create) => {
    const folder = await mkdtemp(join(tmpdir(), "ostinato-restore-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const saved = await create(ab, 4, 1);
    await saved.save(folder);
    const { name } = saved.parameters[0] as Parameter;
    const weights = await saved.store.read(name);

    const same = await create(ab, 4, 2);
    expect(await same.store.read(name)).not.toEqual(weights);
    await same.restore(folder);
    expect(await same.store.read(name)).toEqual(weights);

    for (const [other, difference] of [
      [await create(ab, 6, 2), "hiddenSize"],
      [await create(cd, 4, 2), "its vocabulary differs"],
    ] as const) {
      const before = await other.store.read(name);
      await expect(other.restore(folder)).rejects.toThrow(difference);
      expect(await other.store.read(name)).toEqual(before);
    }
  },
);
