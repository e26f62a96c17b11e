import { describe, expect, test } from "vitest";
import type { Pair } from "../../../lib/data/index.js";
import { CharacterTokenizer, TokenizerPair } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { PairData } from "../../../lib/models/pairModel/pairData.js";
import { TransformerSeq2Seq } from "../../../lib/models/transformerSeq2Seq/transformerSeq2Seq.js";
import { Trainer } from "../../../lib/train/trainer.js";

const letters = "abcdefgh";
const both = CharacterTokenizer.fromText(`${letters}\n`);
const tokenizer = new TokenizerPair(both, both);
const executor = nativeExecutor();

/** A text of so many tokens. */
const text = (length: number) => letters.repeat(Math.ceil(length / 8)).slice(0, length);

const pairsOf = (...lengths: readonly (readonly [number, number])[]): Pair[] =>
  lengths.map(([source, target], i) => ({ source: text(source), target: text(target), place: `p.tsv, line ${i + 1}` }));

function newModel(contextLength: number, options: object = {}): Promise<TransformerSeq2Seq> {
  const small = { hiddenSize: 8, heads: 2, encoderLayers: 1, decoderLayers: 1, dropout: 0, contextLength };
  return TransformerSeq2Seq.create({ tokenizer, executor, ...small, ...options });
}

describe.each([16, 17, 19, 22])("with a context of %i", (contextLength) => {
  const [fitting, long] = [pairsOf([3, 2], [contextLength, contextLength - 1]), contextLength + 1];

  test.each(["rotary", "learned", "sinusoidal"])(
    "%s: every pair that fits is learnt, measured and translated",
    async (positions) => {
      const model = await newModel(contextLength, { positions });
      const data = await PairData.create(fitting, { tokenizer, longest: contextLength });
      const validation = await PairData.create(fitting, { tokenizer, role: "validate" });
      await new Trainer(model, { data, validation, epochs: 1 }).run();
      expect((await model.evaluate(fitting)).tokens).toBe(contextLength + 3);
      const [one] = await model.translate([text(contextLength)], { beams: 2 });
      expect(one?.hypotheses[0]?.ids.length).toBeLessThanOrEqual(contextLength);
      await model.attention(text(contextLength), text(contextLength - 1));
    },
  );

  test("a longer pair is refused with its place and true length, before an update, and can be left out", async () => {
    const model = await newModel(contextLength);
    const reads = `and this model reads at most ${contextLength} \\(contextLength\\)`;
    const source = new RegExp(`p.tsv, line 2: the source has ${long} tokens, ${reads}`);
    const target = new RegExp(`p.tsv, line 2: the target has ${contextLength} tokens, ${long} with its end, ${reads}`);
    for (const [pairs, message] of [
      [pairsOf([1, 1], [long, 1]), source],
      [pairsOf([1, 1], [1, contextLength]), target],
    ] as const) {
      await expect(model.evaluate(pairs)).rejects.toThrow(message);
      await expect(PairData.create(pairs, { tokenizer, longest: contextLength })).rejects.toThrow(message);
      const data = await PairData.create(pairs, { tokenizer });
      let steps = 0;
      const trainer = new Trainer(model, { data, epochs: 1 });
      trainer.on("step", () => steps++);
      await expect(trainer.run()).rejects.toThrow(message);
      expect(steps).toBe(0);
      const kept = await PairData.create(pairs, { tokenizer, longest: contextLength, long: "skip" });
      expect([kept.pairs, kept.skipped]).toEqual([1, 1]);
      await new Trainer(model, { data: kept, epochs: 1 }).run();
    }
  });
});

test("the limit that binds is the one that is named, with the option that helps", async () => {
  const [long] = [pairsOf([30, 3])];
  await expect(PairData.create(long, { tokenizer, maximumLength: 20, longest: 25 })).rejects.toThrow(
    /has 30 tokens, and at most 20 are allowed. Raise the maximum length \(maximumLength; --maximum-length/,
  );
  await expect(PairData.create(long, { tokenizer, maximumLength: 25, longest: 20 })).rejects.toThrow(
    /has 30 tokens, and this model reads at most 20 .* Have long pairs skipped \(long; --long skip\), or train a model with a longer context/,
  );
  const model = await newModel(20);
  const refusal = await model.evaluate(long).catch((error: Error) => error.message);
  expect(refusal).toMatch(/Shorten it, or train a model with a longer context \(contextLength; --context-length/);
  expect(refusal).not.toMatch(/--long|--maximum-length/);
  await expect(PairData.create(long, { tokenizer, longest: 20, long: "skip" })).rejects.toThrow(
    /The only pair is longer than this model reads: at most 20 tokens/,
  );
});

test("what is asked to be written fits the context with its end, or is refused with the knob", async () => {
  const model = await newModel(21);
  const of = (options: object) => model.translate(["a"], { beams: 1, ...options });
  const writes = "translate: this model writes at most 21 tokens, the end included \\(contextLength\\), got";
  await expect(of({ maximumLength: 22 })).rejects.toThrow(new RegExp(`${writes} a maximum length of 22`));
  await expect(of({ minimumLength: 21 })).rejects.toThrow(new RegExp(`${writes} a minimum length of 21`));
  await expect(of({ prefix: text(22) })).rejects.toThrow(new RegExp(`${writes} a prefix of 22 tokens`));
  expect((await of({ minimumLength: 20 }))[0]?.hypotheses[0]?.ids.length).toBeGreaterThanOrEqual(20);
  expect((await of({ prefix: text(20) }))[0]?.text.startsWith(text(20))).toBe(true);
  await expect(model.translate(["ab", text(22)])).rejects.toThrow(
    /translate: text 2 of 2 has 22 tokens, and this model reads at most 21 \(contextLength\)/,
  );
});

test("attention has a row for each token that was written, as it was written, and for the end only where it was", async () => {
  const model = await newModel(6);
  // The features sum to 8, and the end has the least of their sum, so that none is written.
  const { end } = tokenizer.marks;
  const table = (await model.store.read("target.weight")).map((value, i) => (Math.floor(i / 8) === end ? -9 : value));
  await model.store.write("target.weight", table);
  await model.store.write("decoder.norm.bias", new Float32Array(8).fill(1));
  const [best] = (await model.translate(["abcdef"]))[0]?.hypotheses ?? [];
  expect([best?.ended, best?.tokens.length]).toEqual([false, 6]);
  const [, read, looked] = await model.attention("abcdef");
  expect([read?.target, looked?.target, read?.source.length]).toEqual([best?.tokens, best?.tokens, 6]);
  expect((await model.attention("abcdef", text(5)))[1]?.target.length).toBe(6);
  await expect(model.attention("abcdef", text(6))).rejects.toThrow(
    /attention: the target has 6 tokens, 7 with its end, and this model reads at most 6 \(contextLength\)/,
  );
  await expect(model.attention("abc", "a\nb")).rejects.toThrow(
    /attention: the target holds .*, the token that ends a target/,
  );
});
