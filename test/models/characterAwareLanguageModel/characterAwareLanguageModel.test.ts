import { join } from "node:path";
import { expect, test } from "vitest";
import { memoryStream, WordTokenizer } from "../../../lib/data/index.js";
import { OptionError } from "../../../lib/errors.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { CharacterAwareLanguageModel } from "../../../lib/models/characterAwareLanguageModel/characterAwareLanguageModel.js";
import { spellingsOf } from "../../../lib/models/characterAwareLanguageModel/spellings.js";
import { loadModel } from "../../../lib/models/registry.js";
import { SentenceData, WindowData } from "../../../lib/models/textModel/data.js";
import { adam } from "../../../lib/train/optimizers.js";
import { Trainer } from "../../../lib/train/trainer.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const line = "the cat sat on the mat and the dog sat on the log .\n";
const tokenizer = WordTokenizer.fromText(line, { unknown: true });
const oracle = () => new ReferenceExecutor({ precision: "float64" });
const small = {
  ...{ characterEmbeddingSize: 4, filterWidth: 3, filters: 3, hiddenSize: 12, layers: 1, dropout: 0 },
  ...{ initializer: "uniform:0.5", seed: 2 },
};

function newModel(options: object = {}) {
  return CharacterAwareLanguageModel.create({ tokenizer, executor: nativeExecutor(), ...small, ...options });
}

test("a word is spelled between a sign for its beginning and one for its end; special tokens are a sign each", () => {
  // The most frequent word comes first, its characters last: they are numbered by their code points.
  const own = WordTokenizer.fromText("일 cab ab 일\n", { unknown: true });
  const { characters, lengths, longest, size } = spellingsOf(own);
  const spelled = (id: number | undefined) =>
    Array.from(
      characters.subarray((id as number) * longest, (id as number) * longest + (lengths[id as number] as number)),
    );
  // 0 begins and 1 ends a word, then a, b, c, 일; then <unk> and the line end.
  expect(spelled(own.id("ab"))).toEqual([0, 2, 3, 1]);
  expect(spelled(own.id("cab"))).toEqual([0, 4, 2, 3, 1]);
  expect(spelled(own.id("일"))).toEqual([0, 5, 1]);
  const signs = [own.special.unknown, own.id("\n")].map((id) => spelled(id)[1]);
  expect(signs.sort()).toEqual([6, 7]);
  expect({ longest, size }).toEqual({ longest: 5, size: 8 });
});

test("what is past the limit of a word is not read", () => {
  const limited = spellingsOf(tokenizer, 2);
  expect(limited.longest).toBe(4);
  expect(limited.size).toBe(spellingsOf(tokenizer).size);
});

test("words have vectors from their characters alone, those that the vocabulary lacks too", async () => {
  const many = WordTokenizer.fromText(Array.from({ length: 300 }, (_, i) => `w${i}`).join(" "), { unknown: true });
  for (const executor of [nativeExecutor(), oracle()]) {
    const model = await newModel({ tokenizer: many, executor });
    const all = await model.wordVectors();
    expect(all.words).toHaveLength(many.size);
    const alone = await model.wordVectors(["w7", "<unk>", "w7777"]);
    for (const word of ["w7", "<unk>"]) {
      for (const [f, value] of (alone.of(word) as Float32Array).entries()) {
        expect(value).toBeCloseTo(all.of(word)?.[f] as number, 5);
      }
    }
    expect(all.of("w7777")).toBeNull();
    expect(alone.similarity("w7777", "w7")).toBeLessThan(0.999);
    expect(alone.size).toBe(model.network.wordVectorSize);
    await expect(model.wordVectors(["w7", "x"])).rejects.toThrow(/"x" has the character "x", which no word/);
    await expect(model.wordVectors([""])).rejects.toThrow(OptionError);
  }
});

test("filters of a single character see which there are, and not their order", async () => {
  const words = WordTokenizer.fromText("ab ba abb bb", { unknown: true });
  const vectors = await (await newModel({ tokenizer: words, filters: 3, filterWidth: 1 })).wordVectors();
  expect(vectors.of("ab")).toEqual(vectors.of("ba"));
  expect(vectors.of("ab")).toEqual(vectors.of("abb"));
  expect(vectors.of("ab")).not.toEqual(vectors.of("bb"));
});

test("there are filters of each width for each character that they read, and 200 of one width at most", async () => {
  const sizeOf = async (options: object) => (await newModel({ hiddenSize: 1, ...options })).network.wordVectorSize;
  expect(await sizeOf({ filters: 3, filterWidth: 3 })).toBe(3 + 6 + 9);
  expect(await sizeOf({ filters: 90, filterWidth: 4 })).toBe(90 + 180 + 200 + 200);
});

test("windows of any length, lines side by side, and steps read the same text", async () => {
  for (const executor of [nativeExecutor(), oracle()]) {
    const model = await newModel({ executor });
    const text = line.repeat(3);
    const { loss } = await model.evaluate(text);
    for (const windowLength of [1, 2, 7]) {
      expect((await model.evaluate(text, { windowLength })).loss).toBeCloseTo(loss, 5);
    }
    const ids = [...tokenizer.encode("the cat sat on")];
    const { tokens } = await model.nextTokens("the cat sat", { top: tokenizer.size });
    const { tokens: read } = await model.logProbability("the cat sat on");
    const wanted = read.at(-1)?.logProbability as number;
    expect(tokens.find(({ id }) => id === ids.at(-1))?.logProbability).toBeCloseTo(wanted, 5);

    const lines = await newModel({ executor, sentences: true });
    const texts = ["the cat sat\n", "the dog sat on the log and the cat sat on the mat .\n", "on\n"];
    const alone = await Promise.all(texts.map((each) => lines.logProbability(each)));
    const together = await lines.logProbability(texts.join(""));
    const sum = alone.reduce((all, { total }) => all + total, 0);
    expect(together.total).toBeCloseTo(sum, 5);
  }
});

test("it learns a line by heart, writes it, finds it, and comes back from its folder the same", async () => {
  const text = line.repeat(30);
  const model = await newModel({ hiddenSize: 24, highwayLayers: 2, initializer: "default", wordLength: 4 });
  const data = new WindowData(memoryStream(tokenizer.encode(text), text.length), { batchSize: 4, windowLength: 16 });
  const optimizer = adam({ learningRate: 0.02 });
  await new Trainer(model, { data, optimizer, epochs: 200, maximumSteps: 500 }).run();
  expect((await model.evaluate(text)).loss).toBeLessThan(0.05);
  // A line before it, as in training.
  const prompt = `${line}the cat`;
  let written = "";
  for await (const piece of model.generate({ prompt, maximumLength: 12, temperature: 0.1 })) written += piece;
  expect(`the cat${written}`).toBe(line.trimEnd());
  const { texts } = await model.beamSearch({ prompt, beams: 3, maximumLength: 20 });
  expect(texts[0]?.text).toBe(written);

  const place = join(await temporaryFolder(), "model");
  await model.save(place);
  const loaded = (await loadModel(place, { executor: nativeExecutor() })) as CharacterAwareLanguageModel;
  expect(loaded).toBeInstanceOf(CharacterAwareLanguageModel);
  expect(loaded.network.config).toEqual(model.network.config);
  expect(await loaded.evaluate(text)).toEqual(await model.evaluate(text));
  await loaded.quantize("int8");
  expect((await loaded.evaluate(text)).loss).toBeLessThan(0.3);
});

test("the executors learn the same, from sentences too", async () => {
  const losses = await Promise.all(
    [nativeExecutor(), oracle()].map(async (executor) => {
      const model = await newModel({ executor, sentences: true });
      const stream = memoryStream(model.tokenizer.encode(line.repeat(10)), 10 * line.length);
      const data = await SentenceData.create(stream, { tokenizer: model.tokenizer, batchSize: 3 });
      await new Trainer(model, { data, epochs: 2 }).run();
      return (await model.evaluate(line)).loss;
    }),
  );
  expect(losses[0]).toBeCloseTo(losses[1] as number, 4);
});

test("one long token costs no memory for all others", async () => {
  const many = Array.from({ length: 3000 }, (_, i) => `w${i}`);
  const long = WordTokenizer.fromText([...many, "x".repeat(2 ** 20)].join(" "), { unknown: true });
  const model = await newModel({ tokenizer: long, wordLength: 20 });
  expect(model.network.config.characterCount).toBe(16);
});
