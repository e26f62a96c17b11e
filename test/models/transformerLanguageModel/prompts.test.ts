import { expect, test } from "vitest";
import { ByteTokenizer, CharacterTokenizer, sentenceMarks } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { firstState } from "../../../lib/models/firstState.js";
import { draw } from "../../../lib/models/textModel/generation.js";
import type { TokenNetwork } from "../../../lib/models/textModel/tokenNetwork.js";
import { TokenStep } from "../../../lib/models/textModel/tokenStep.js";
import { TransformerLanguageModel } from "../../../lib/models/transformerLanguageModel/transformerLanguageModel.js";
import { unwrittenTokens } from "../../../lib/models/unwrittenTokens.js";
import { wholeText } from "../../../lib/models/wholeText.js";

const text = "The quick brown fox jumps over the lazy dog.\nPack my box with five dozen liquor jugs.\n";
const tokenizer = CharacterTokenizer.fromText(text);
const executors = { native: nativeExecutor(), reference: new ReferenceExecutor() };
const kinds = ["rotary", "learned", "sinusoidal"] as const;

/** A model with weights so large that every token that is seen or not seen matters. */
async function newModel(options: object = {}): Promise<TransformerLanguageModel> {
  const small = { hiddenSize: 16, heads: 2, layers: 3, contextLength: 40 };
  const model = await TransformerLanguageModel.create({
    ...{ tokenizer, executor: executors.native, ...small, ...options },
  });
  for (const { name } of model.parameters) {
    const values = Float32Array.from(await model.store.read(name), (value) => 8 * value);
    if (!name.includes("norm") && !name.includes("positions")) await model.store.write(name, values);
  }
  return model;
}

/** The step of a model; and one that reads token by token. */
function stepsOf(model: TransformerLanguageModel): { quick: TokenStep; slow: TokenStep } {
  const { executor, store, tokenizer: own } = model;
  const { sentences } = model.network.config;
  const marks = sentences ? sentenceMarks(own) : null;
  const options = { banned: unwrittenTokens(own, marks?.end), marks, automaton: wholeText(own) };
  const { network } = model;
  const stepwise: TokenNetwork = {
    ...{ config: network.config, parameters: network.parameters, stateEntries: network.stateEntries },
    nextLogits: (ids, state) => network.nextLogits(ids, state),
    losses: (sequences) => network.losses(sequences),
  };
  return {
    quick: new TokenStep(model, options),
    slow: new TokenStep({ network: stepwise, executor, store }, options),
  };
}

/** The model without what reads a prompt at once. */
function readingStepwise(model: TransformerLanguageModel): TransformerLanguageModel {
  Object.defineProperty(model.network, "stateAfter", { value: undefined });
  return model;
}

/** The largest difference between the log-probabilities that both give of some tokens after a prompt. */
async function differenceAfter(model: TransformerLanguageModel, prompt: readonly number[]): Promise<number> {
  const { quick, slow } = stepsOf(model);
  let [one, other] = [await quick.readAll(prompt), slow.start()];
  for (const token of prompt) other = (await slow.read(token, other)).state;
  let most = 0;
  for (const token of [3, 5, 3, 9]) {
    const [a, b] = [await quick.read(token, one), await slow.read(token, other)];
    for (const [i, value] of a.logProbabilities.entries()) {
      most = Math.max(most, Math.abs(value - (b.logProbabilities[i] as number)));
    }
    [one, other] = [a.state, b.state];
  }
  return most;
}

test.each(kinds)(
  "%s: what follows a prompt that is read at once is what follows one read token by token",
  async (positions) => {
    for (const executor of Object.values(executors)) {
      const model = await newModel({ positions, executor });
      // Around the number below which steps read, the lengths that programs have, and the context.
      for (const length of [7, 8, 31, 32, 33, 39, 40, 41, 80, 85, 129]) {
        const prompt = [...tokenizer.encode(text + text)].slice(0, length);
        expect(prompt.length).toBe(length);
        expect(await differenceAfter(model, prompt)).toBeLessThan(1e-5);
      }
    }
  },
);

test("in a model of sentences only the last line of a prompt is read, and ends begin the next", async () => {
  for (const positions of kinds) {
    for (const contextLength of [100, 10]) {
      const model = await newModel({ positions, sentences: true, contextLength });
      const { begin } = sentenceMarks(model.tokenizer);
      const prompts = [
        "The quick brown\nPack my",
        "The quick brown\n",
        "The quick brown fox",
        "\n\nThe quick",
        "\nThe quick",
      ];
      for (const prompt of prompts) {
        const ids = [begin, ...model.tokenizer.encode(prompt)];
        expect(await differenceAfter(model, ids)).toBeLessThan(1e-5);
      }
    }
  }
});

test("texts after prompts of different lengths are what each is after steps, in one call and in parts", async () => {
  const prompts = ["The quick brown fox", "Pack my box", "quick brown fox jumps over the lazy dog.\nPack my box"];
  for (const options of [{}, { sentences: true }, { positions: "learned" }]) {
    const model = await newModel(options);
    const many = await model.generateAll({
      ...{ maximumLength: 30, temperature: 0 },
      prompts: Array.from({ length: 150 }, (_, i) => prompts[i % 3] as string),
    });
    const stepwise = readingStepwise(await newModel(options));
    const few = await stepwise.generateAll({ prompts, maximumLength: 30, temperature: 0 });
    for (const [i, own] of many.entries()) expect(own).toBe(few[i % 3]);
  }
});

test("tokens on which a state does not depend are not read", async () => {
  const readOf = async (options: object, ...lengths: number[]) => {
    const { quick } = stepsOf(await newModel(options));
    const tokens = [...tokenizer.encode(text.repeat(9))];
    return [...(await quick.begin(lengths.map((length) => tokens.slice(0, length)))).read];
  };
  // Its text begins afresh after 40, 80, ... tokens; of rotary positions the first 40 are read at once.
  expect(await readOf({ positions: "learned" }, 400, 405, 407, 39, 0)).toEqual([400, 405, 407, 39, 0]);
  expect(await readOf({}, 400, 405, 39, 3)).toEqual([40, 40, 39, 3]);
  // Fewer than 8 tokens are read step by step, from the end of the first line, token 44, on.
  expect(await readOf({ positions: "learned" }, 405)).toEqual([400]);
  expect(await readOf({ sentences: true }, 50)).toEqual([44]);
  expect(await readOf({ sentences: true }, 60, 50)).toEqual([60, 50]);
});

test.each([{}, { positions: "learned" }, { sentences: true }, { sentences: true, positions: "sinusoidal" }])(
  "%o: texts side by side after prompts of any lengths are drawn as if each token had been read in a step",
  async (options) => {
    const { quick, slow } = stepsOf(await newModel(options));
    const tokens = [...tokenizer.encode(text.repeat(2))];
    const contexts = [1, 2, 30, 9, 41, 42, 100, 81].map((length) => tokens.slice(0, length));
    const drawing = { temperature: 0.9, topK: 0, topP: 1, seed: 5, maximumLength: 40, signal: undefined };
    const rowsOf = async (step: TokenStep) => {
      const rows = contexts.map((): number[] => []);
      for await (const { row, token } of draw(step, contexts, drawing)) rows[row]?.push(token);
      return rows;
    };
    const [own, other] = [await rowsOf(quick), await rowsOf(slow)];
    expect(own.every(({ length }) => length === 40)).toBe(true);
    expect(own).toEqual(other);
  },
);

test("draws after a prompt keep their random numbers, and beams their scores", async () => {
  const [quick, slow] = [await newModel(), readingStepwise(await newModel())];
  const prompt = text.slice(0, 30);
  const written = async (model: TransformerLanguageModel) => {
    let all = "";
    for await (const piece of model.generate({ prompt, seed: 3, maximumLength: 40 })) all += piece;
    return all;
  };
  expect(await written(quick)).toBe(await written(slow));
  const [found, same] = [quick, slow].map((model) =>
    model.beamSearch({ prompt, beams: 4, nBest: 4, maximumLength: 9 }),
  );
  const [one, other] = [(await found)?.texts ?? [], (await same)?.texts ?? []];
  expect(one.map(({ text }) => text)).toEqual(other.map(({ text }) => text));
  for (const [i, { score }] of one.entries()) expect(score).toBeCloseTo(other[i]?.score as number, 4);
});

test("a prompt that breaks off within a character is completed by the bytes that may come", async () => {
  const model = await newModel({ tokenizer: new ByteTokenizer(), contextLength: 32 });
  const { quick, slow } = stepsOf(model);
  const prompt = [...new TextEncoder().encode("여덟 글자를 쓴다")].slice(0, 19);
  const [one, other] = [await quick.begin([prompt]), await slow.begin([prompt])];
  expect([...one.read, ...other.read]).toEqual([19, 0]);
  // One byte of three is to come.
  expect([...one.state.texts]).toEqual([1]);
});

test("texts whose state no memory could hold are refused before it is asked for", async () => {
  const model = await newModel({ contextLength: 1 << 20 });
  await expect(model.generateAll({ count: 65536 })).rejects.toThrow(
    /The state of 65536 texts side by side would need .*B of memory.* Take fewer texts or beams/,
  );
  // More than one array can have, though a machine may have the memory.
  expect(() => firstState([{ name: "cache", size: 2 ** 33 }], 1)).toThrow(
    /The state of 1 text side by side .*Take fewer/,
  );
});

test("a signal stops the reading of a prompt", async () => {
  const { quick } = stepsOf(await newModel());
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(quick.readAll([...tokenizer.encode(text)].slice(0, 30), signal)).rejects.toThrow("enough");
});
