import { expect, test } from "vitest";
import { ByteTokenizer, CharacterTokenizer, WordTokenizer } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../../lib/models/languageModel/languageModel.js";

const text = "The quick brown fox jumps over the lazy dog.\nPack my box with five dozen liquor jugs.\n";
const tokenizer = CharacterTokenizer.fromText(text);
const executor = nativeExecutor();

function newModel(options: object = {}): Promise<LanguageModel> {
  return LanguageModel.create({ tokenizer, hiddenSize: 20, initializer: "uniform:0.4", executor, ...options });
}

test("one beam writes what generation at temperature 0 writes", async () => {
  for (const cell of ["lstm", "gru", "rnn"] as const) {
    const model = await newModel({ cell });
    let greedy = "";
    for await (const piece of model.generate({ prompt: "The", temperature: 0, maximumLength: 40 })) greedy += piece;
    const { texts } = await model.beamSearch({ prompt: "The", beams: 1, maximumLength: 40 });
    expect(texts.map((found) => found.text)).toEqual([greedy]);
    expect(texts[0]?.ended).toBe(false);
  }
});

test("the score of a text is its log-probability after the prompt", async () => {
  const model = await newModel({ layers: 2 });
  const prompt = "Pack";
  const { texts } = await model.beamSearch({ prompt, beams: 6, nBest: 6, maximumLength: 12 });
  expect(texts.length).toBe(6);
  for (const { text: found, score, tokens } of texts) {
    const { tokens: read } = await model.logProbability(prompt + found);
    const after = read.slice(prompt.length - 1).map(({ logProbability }) => logProbability);
    expect(tokens.length).toBe(after.length);
    tokens.forEach(({ logProbability }, i) => {
      expect(logProbability).toBeCloseTo(after[i] as number, 4);
    });
    expect(score).toBeCloseTo(
      after.reduce((a, b) => a + b, 0),
      3,
    );
  }
  const scores = texts.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
});

test("both executors find the same texts, and the tree of what was followed", async () => {
  const options = { prompt: "box", beams: 4, nBest: 4, maximumLength: 15, blockNgramRepeat: 2, tree: true };
  const native = await (await newModel()).beamSearch(options);
  const plain = await (await newModel({ executor: new ReferenceExecutor() })).beamSearch(options);
  expect(native.texts.map((found) => found.text)).toEqual(plain.texts.map((found) => found.text));
  expect(native.tree?.map(({ token }) => token)).toEqual(plain.tree?.map(({ token }) => token));
  for (const { text: found } of native.texts) {
    const pairs = [...found].slice(1).map((letter, i) => [...found][i] + letter);
    expect(new Set(pairs).size).toBe(pairs.length);
  }
});

test("a text ends at the end of a line where that is asked for, and where the tokenizer has an end of sentence, with that", async () => {
  const lines = await (await newModel()).beamSearch({ beams: 60, nBest: 60, maximumLength: 30, end: "line" });
  const ended = lines.texts.filter((found) => found.ended);
  expect(ended.length).toBeGreaterThan(0);
  for (const { text: found, tokens } of ended) {
    expect(found).not.toContain("\n");
    expect(tokens.length).toBe(found.length + 1);
  }
  const words = WordTokenizer.fromText("a b c\nb c a\nc a b\n");
  const model = await newModel({ tokenizer: words });
  const { texts } = await model.beamSearch({ beams: 6, nBest: 6, maximumLength: 8 });
  const eos = words.special.endOfSentence;
  expect(texts.some((found) => found.ended)).toBe(eos !== undefined);
  await expect((await newModel()).beamSearch({ end: "sentence" })).rejects.toThrow(
    /no token for the end of a sentence/,
  );
});

test("the best text is told after every token, at last the result", async () => {
  const model = await newModel({ tokenizer: new ByteTokenizer() });
  const told: string[] = [];
  const { texts } = await model.beamSearch({ beams: 3, maximumLength: 10, onBest: (best) => told.push(best) });
  expect(told.length).toBe(10);
  expect(told.at(-1)).toBe(texts[0]?.text);
});

test("two searches and a generation at once do not disturb each other", async () => {
  const model = await newModel();
  const search = (prompt: string) => model.beamSearch({ prompt, beams: 4, maximumLength: 40 });
  const alone = [await search("The"), await search("Pack")];
  const [first, second] = await Promise.all([search("The"), search("Pack"), model.generateAll({ count: 3, seed: 1 })]);
  expect([first, second]).toEqual(alone);
});

test("what makes no sense is refused", async () => {
  const model = await newModel();
  await expect(model.beamSearch({ beam: 3 } as never)).rejects.toThrow(/beamSearch: unknown option "beam"/);
  await expect(model.beamSearch({ beams: 0 })).rejects.toThrow(/expected beams to be a whole number at least 1/);
  await expect(model.beamSearch({ beams: 2, nBest: 3 })).rejects.toThrow(/nBest 3 asks for more than the 2 beams/);
  await expect(model.beamSearch({ prompt: "é" })).rejects.toThrow(/U\+00E9/);
  await expect(model.beamSearch({ signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
});
