import { describe, expect, test } from "vitest";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import {
  CharacterTokenizer,
  Corpus,
  FileError,
  InputError,
  loadModel,
  Mixture,
  memoryStream,
  NgramModel,
  OptionError,
  smoothings,
  WordTokenizer,
} from "../../../lib/index.js";
import { NgramCounter } from "../../../lib/models/ngramModel/ngramCounter.js";
import { NgramTableReader } from "../../../lib/models/ngramModel/ngramTableReader.js";
import { TextModel } from "../../../lib/models/textModel/textModel.js";
import { randomNumbers } from "../../data/randomText.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";
import { PlainNgrams } from "./plainNgrams.js";
import { randomLines } from "./sentences.js";

const train = `${randomLines(300).join("\n")}\n`;
const held = `${randomLines(60, { seed: 2 }).join("\n")}\n`;

test("modified Kneser-Ney gives the probabilities of its equations, word by word", async () => {
  const lines = randomLines(120);
  for (const order of [1, 2, 3, 4]) {
    const model = await NgramModel.fromText(`${lines.join("\n")}\n`, { order });
    const sentences = lines.map((line) => ["<s>", ...line.split(" "), "</s>"]);
    const plain = new PlainNgrams(sentences, { order, words: model.tokenizer.size });
    for (const line of randomLines(8, { seed: 3 })) {
      const { tokens } = await model.logProbability(line);
      const words = [...line.split(" "), "</s>"];
      const expected = words.map((word, i) => {
        const known = model.tokenizer.id(word) === undefined && word !== "</s>" ? "?" : word;
        return Math.log(plain.probability(["<s>", ...words.slice(0, i)], known));
      });
      for (const [i, { logProbability }] of tokens.entries())
        expect(logProbability).toBeCloseTo(expected[i] as number, 4);
      expect(tokens.length).toBe(words.length);
    }
  }
});

test("evaluate is the mean of the log-probabilities, with and without unknown words", async () => {
  const model = await NgramModel.fromText(train, { order: 3 });
  const text = `${held}w0 never w1\n`;
  const words: unknown[] = [];
  const result = await model.evaluate(text, { onTokens: (read) => words.push(...read) });
  const { total, tokens, unknown } = await model.logProbability(text);
  expect(words).toEqual(tokens);
  expect(result.tokens).toBe(tokens.length);
  expect(result.loss).toBeCloseTo(-total / tokens.length, 6);
  expect([result.unknown, unknown]).toEqual([1, 1]);
  const known = tokens.filter((token) => !token.unknown);
  expect(known.length).toBe(tokens.length - 1);
  expect(result.known.tokens).toBe(known.length);
  expect(result.known.loss).toBeCloseTo(-known.reduce((sum, t) => sum + t.logProbability, 0) / known.length, 6);
  expect(result.orders.reduce((sum, n) => sum + n, 0)).toBe(tokens.length);
});

test("bits per character are said of a text that is spelled, and the share that is measured goes up to 1", async () => {
  const model = await NgramModel.fromText(train, { order: 2 });
  const done: number[] = [];
  const { loss, tokens, bitsPerCharacter } = await model.evaluate("w0 w1\n\nw2\n", { onProgress: (n) => done.push(n) });
  expect(tokens).toBe(5);
  expect(bitsPerCharacter).toBeCloseTo((5 * loss) / Math.LN2 / 9, 9);
  // The end of the empty line is left out.
  expect(done).toEqual([5 / 6, 1]);
  expect(await model.evaluate("w0 never\n")).not.toHaveProperty("bitsPerCharacter");
  const ids = model.tokenizer.encode("w0 w1\n");
  expect(await model.evaluate(memoryStream(ids, 0))).not.toHaveProperty("bitsPerCharacter");
  expect((await model.evaluate(memoryStream(ids, 1))).bitsPerCharacter).toBeGreaterThan(0);
  const reason = new Error("enough");
  await expect(model.evaluate(held, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("a text of more tokens than are read at once is one text, whose last line is ended", async () => {
  const running = await NgramModel.fromText(train, { order: 3, running: true });
  const words = Array.from({ length: 8200 }, (_, i) => `w${(i * i) % 7}`);
  const { tokens } = await running.logProbability(words.join(" "));
  expect(tokens.map(({ token }) => token)).toEqual(words.slice(1));
  const { tokens: last } = await running.logProbability(words.slice(8180).join(" "));
  // Two words are the whole context.
  expect(tokens.slice(8183)).toEqual(
    last.slice(3).map((one) => ({ ...one, logProbability: expect.closeTo(one.logProbability, 5) })),
  );
  const lines = await NgramModel.fromText(train, { order: 3 });
  for (const short of [0, 1]) {
    const text = `w0 w1 w2\n${"w1 w2 w3\n".repeat(2046)}w4 w5 w6 w7`.slice(0, short ? -3 : undefined);
    const { tokens: read } = await lines.logProbability(text);
    expect(read.length).toBe(4 * 2047 + 5 - short);
    expect(read.at(-1)?.token).toBe("<eos>");
  }
  // A part of empty lines alone, and parts of one token each.
  for (const empty of [8192, 8191]) {
    expect((await lines.logProbability(`${"\n".repeat(empty)}w0\n`)).tokens.map(({ token }) => token)).toEqual([
      "w0",
      "<eos>",
    ]);
  }
});

test("what a model says of a text as losses of batches is what it says word by word", async () => {
  for (const running of [false, true]) {
    const model = await NgramModel.fromText(train, { order: 4, running });
    const own = await model.evaluate(held);
    for (const options of [{}, { windowLength: 7 }]) {
      const batches = await TextModel.prototype.evaluate.call(model, held, options);
      expect(batches.tokens).toBe(own.tokens);
      expect(batches.loss).toBeCloseTo(own.loss, 5);
    }
  }
});

test("the reference executor says the same", async () => {
  const native = await NgramModel.fromText(train, { order: 3 });
  const reference = await NgramModel.fromText(train, { order: 3, executor: new ReferenceExecutor() });
  const [a, b] = [await native.logProbability(held), await reference.logProbability(held)];
  expect(b.tokens.map(({ order }) => order)).toEqual(a.tokens.map(({ order }) => order));
  for (const [i, { logProbability }] of a.tokens.entries()) {
    expect(b.tokens[i]?.logProbability).toBeCloseTo(logProbability, 5);
  }
  expect((await reference.nextTokens("w0 w1")).tokens.map(({ id }) => id)).toEqual(
    (await native.nextTokens("w0 w1")).tokens.map(({ id }) => id),
  );
});

test("the next tokens of any prompt have the probabilities that logProbability gives them, and sum to 1", async () => {
  const model = await NgramModel.fromText(train, { order: 3 });
  for (const prompt of ["", "w0", "w3 w0 w1", "w0\n", "w0\nw1"]) {
    const { tokens } = await model.nextTokens(prompt, { top: 1000 });
    expect(tokens.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    for (const { token, probability } of tokens.slice(0, 5)) {
      const before = prompt === "" || prompt.endsWith("\n") ? prompt : `${prompt} `;
      if (token === "<eos>" || token === "<unk>") continue;
      const { tokens: read } = await model.logProbability(before + token);
      // The line end is predicted too.
      expect(Math.exp(read.at(-2)?.logProbability as number)).toBeCloseTo(probability, 5);
    }
  }
});

describe("writing", () => {
  test("a beam of one is the likeliest word each time", async () => {
    const model = await NgramModel.fromText(train, { order: 3 });
    const { texts } = await model.beamSearch({ prompt: "w1", beams: 1, maximumLength: 6, end: "never" });
    let text = "w1";
    for (let i = 0; i < 6; i++) {
      const { tokens } = await model.nextTokens(text, { top: 3 });
      text += tokens.find(({ token }) => token !== "<unk>")?.text;
    }
    expect(`w1${texts[0]?.text}`).toBe(text);
  });

  test("texts that are drawn side by side have the words of the vocabulary, and the same seed draws the same", async () => {
    const model = await NgramModel.fromText(train, { order: 3 });
    const all = await model.generateAll({ count: 20, seed: 3, maximumLength: 30 });
    expect(await model.generateAll({ count: 20, seed: 3, maximumLength: 30 })).toEqual(all);
    expect(new Set(all).size).toBeGreaterThan(5);
    for (const word of all.join(" ").split(/\s+/)) expect(word).toMatch(/^(w\d+)?$/);
  });

  test("a text goes on after the end of a line as the first line begins", async () => {
    const model = await NgramModel.fromText("a b\na b\na b\n", { order: 3, smoothing: "maximumLikelihood" });
    let text = "";
    for await (const piece of model.generate({ end: "never", maximumLength: 9, seed: 1 })) text += piece;
    expect(text).toBe("a b\na b\na b\n");
  });

  test("the table of a search has each text's likeliest words, the best kept, and goes on until all have ended", async () => {
    const text = `${"a b\n".repeat(3)}${"a c\n".repeat(2)}b\n`;
    const model = await NgramModel.fromText(text, { order: 2, smoothing: "maximumLikelihood" });
    const possible = async (options: object) =>
      (await model.slotSearch(options)).map((step) =>
        step
          .filter(({ probability }) => probability > 1e-9)
          .map(({ text, probability, kept, ended }) => [text, Number(probability.toFixed(4)), kept, ended]),
      );
    const [ac, b] = [(2 / 6).toFixed(4), (1 / 6).toFixed(4)].map(Number);
    const table = [
      [
        ["a", 0.8333, true, false],
        ["b", b, true, false],
      ],
      [
        ["a b", 0.5, true, false],
        ["a c", ac, true, false],
        ["b", b, true, true],
      ],
      [
        ["a b", 0.5, true, true],
        ["a c", ac, true, true],
        ["b", b, true, true],
      ],
    ];
    expect(await possible({ slots: 3, steps: 9 })).toEqual(table);
    expect(await possible({ slots: 3, steps: 2 })).toEqual(table.slice(0, 2));
    expect(await possible({ slots: 2, steps: 2 })).toEqual([
      table[0],
      [...(table[1] ?? []).slice(0, 2), ["b", b, false, true]],
    ]);
    expect(await possible({ prompt: "b\na", steps: 1 })).toEqual([
      [
        ["b\na b", 0.6, true, false],
        ["b\na c", 0.4, true, false],
      ],
    ]);
  });

  test("the slots of a running text begin with the words that follow nothing, and none ends them", async () => {
    const model = await NgramModel.fromText(train, { order: 3, running: true });
    const [first, ...others] = await model.slotSearch({ slots: 2, steps: 3 });
    const { tokens } = await model.nextTokens("", { top: 2 });
    expect(first?.map(({ text, probability }) => [text, probability])).toEqual(
      tokens.map(({ text, probability }) => [text, expect.closeTo(probability, 6)]),
    );
    expect(others.flat().map(({ ended }) => ended)).toEqual(new Array(8).fill(false));
  });
});

test("a model comes back from its folder as it was, and is not rounded", async () => {
  const folder = await temporaryFolder();
  const model = await NgramModel.fromText(train, { order: 3, smoothing: "wittenBell" });
  await model.save(folder);
  const again = (await loadModel(folder)) as NgramModel;
  expect(again).toBeInstanceOf(NgramModel);
  expect(again.network.config).toEqual(model.network.config);
  expect(await again.evaluate(held)).toEqual(await model.evaluate(held));
  await expect(again.quantize("int8")).rejects.toThrow(/has no matrices of weights to round/);
});

test("a mixture has n-gram models as parts, on its own and from its folder", async () => {
  const folder = await temporaryFolder();
  const shorter = await NgramModel.fromText(train, { order: 1 });
  const longer = await NgramModel.fromText(train, { order: 3, tokenizer: shorter.tokenizer });
  const mixture = await Mixture.of([shorter, longer], { weights: [0.25, 0.75] });
  const read = async (model: { logProbability(text: string): Promise<{ tokens: { logProbability: number }[] }> }) =>
    (await model.logProbability("w0 w1\nw2")).tokens.map(({ logProbability }) => Math.exp(logProbability));
  const [a, b] = [await read(shorter), await read(longer)];
  await mixture.save(folder);
  for (const model of [mixture, await Mixture.load(folder)]) {
    for (const [i, p] of (await read(model)).entries()) {
      expect(p).toBeCloseTo(0.25 * (a[i] as number) + 0.75 * (b[i] as number), 6);
    }
  }
});

test("options of a smoothing that are left out are those that its documentation says", async () => {
  for (const [smoothing, option, usual, other] of [
    ["additive", "added", 1, 2],
    ["backOff", "threshold", 0, 1],
    ["katz", "mostDiscounted", 7, 8],
  ] as const) {
    const loss = async (own: object) => {
      const model = await NgramModel.fromText(train, { order: 2, smoothing, ...own });
      expect(model.network.config).toMatchObject({ smoothing, sentences: true });
      return (await model.evaluate(held)).loss;
    };
    const initial = await loss({});
    expect(await loss({ [option]: usual })).toBe(initial);
    expect(await loss({ [option]: other })).not.toBe(initial);
  }
  const sums = [
    [0.25, 0.75, 0],
    [0.5, 0.5 + 9e-7, 0],
  ];
  for (const weights of sums) await NgramModel.fromText(train, { order: 2, smoothing: "interpolation", weights });
  for (const weights of [[0.5, 0.5 + 3e-6], ["0.5", 0.5], [1.5, -0.5], "0.5,0.5"]) {
    const made = NgramModel.fromText(train, { order: 2, smoothing: "interpolation", weights } as never);
    await expect(made).rejects.toThrow(/expected weights to be a list of numbers of at least 0 with sum 1/);
  }
});

test("tokens say their tokenizer, and give the model that their text gives", async () => {
  const tokenizer = WordTokenizer.fromText(train, { unknown: true });
  const done: number[] = [];
  const stream = memoryStream(tokenizer.encode(train), train.length, tokenizer);
  const model = await NgramModel.train(stream, { order: 2, onProgress: (share) => done.push(share) });
  expect(done).toEqual([1]);
  expect(await model.store.read("ngrams")).toEqual(
    await (await NgramModel.fromText(train, { order: 2 })).store.read("ngrams"),
  );
  await expect(NgramModel.train(5 as never)).rejects.toThrow(/NgramModel.train: expected the text to be a Corpus/);
  await expect(NgramModel.fromArpa(5 as never)).rejects.toThrow(/expected the file to be the path of a file/);
  await expect(model.evaluate(5 as never)).rejects.toThrow(/evaluate: expected the text to be a text, or/);
  await expect(model.writeArpa(5 as never)).rejects.toThrow(/writeArpa: expected the file to be the path of a file/);
});

test("ten lines, a list of names and characters make a model by every smoothing", async () => {
  const names = ["Anna", "Bo", "Cyd", "Anna", "Eve", "Annabel", "Boris", "Dora", "Ed", "Flo"].join("\n");
  const tokenizer = CharacterTokenizer.fromText(`${names}\n`);
  for (const smoothing of smoothings) {
    const weights = smoothing === "interpolation" ? { weights: [0.1, 0.2, 0.7] } : {};
    for (const own of [{ tokenizer }, {}]) {
      const model = await NgramModel.fromText(`${names}\n`, {
        order: own.tokenizer ? 2 : 2,
        smoothing,
        ...weights,
        ...own,
      });
      const { perplexity } = await model.evaluate(names);
      expect(perplexity).toBeGreaterThanOrEqual(1);
      expect(perplexity).toBeLessThan(100);
    }
  }
  const model = await NgramModel.fromText(`${names}\n`, { order: 2 });
  expect(model.notes.join()).toMatch(
    /order \d: its counts are too few to estimate discounts from; they are 0.5, 1, 1.5/,
  );
});

describe("what cannot be a model says why", () => {
  test("a text without a token, and an order that the text does not have", async () => {
    await expect(NgramModel.fromText("")).rejects.toThrow(InputError);
    await expect(NgramModel.fromText("\n\n")).rejects.toThrow(/no words/);
    await expect(NgramModel.fromText("a b\n", { order: 5 })).rejects.toThrow(
      /no n-gram of 5 tokens: its longest line has 4.* Choose an order of at most 4/,
    );
    await NgramModel.fromText("a b\n", { order: 4 });
    const tokenizer = WordTokenizer.fromText("a b\n");
    const train = (...ids: number[]) =>
      NgramModel.train(memoryStream(Int32Array.from(ids), 0), { tokenizer, order: 2 });
    await expect(train()).rejects.toThrow("NgramModel.train: the text has no tokens to predict.");
    await expect(train(0, 3)).rejects.toThrow(new InputError("NgramModel: an id is outside of the vocabulary."));
  });

  test("a text whose lines are shorter than the usual order has a shorter one, and says so", async () => {
    const { network, notes } = await NgramModel.fromText("a b\nb\n");
    expect(network.order).toBe(4);
    expect(notes[0]).toBe("no line has 5 tokens, the marks of beginning and end included: the order is 4");
    await expect(NgramModel.fromText("a b\n", { order: undefined as never })).resolves.toBeDefined();
  });

  test("options that do not fit", async () => {
    const refused = (options: object) => expect(NgramModel.fromText(train, options)).rejects;
    await refused({ minimumCounts: [2, 1] }).toThrow(/minimumCounts that do not fall, .*got 2, 1/);
    await refused({ order: 0 }).toThrow(OptionError);
    await refused({ order: 25 }).toThrow(/at most 24/);
    await expect(NgramModel.train(memoryStream(Int32Array.of(0, 0), 0))).rejects.toThrow(
      "NgramModel.train: these tokens do not say what made them: give their tokenizer.",
    );
    await refused({ smoothing: "kneserney" }).toThrow(/did you mean kneserNey/);
    await refused({ added: 0.1 }).toThrow(/added needs smoothing additive/);
    await refused({ smoothing: "additive", added: 1e300 }).toThrow(/added/);
    await refused({ smoothing: "interpolation" }).toThrow(/heldOut/);
    await refused({ smoothing: "interpolation", weights: [0.5, 0.5], order: 3 }).toThrow(/expected 3 weights/);
    await refused({ smoothing: "interpolation", weights: [0.5, 0.6], order: 2 }).toThrow(/sum 1/);
  });

  test("tokens that do not say their tokenizer, and those of another one", async () => {
    const tokenizer = WordTokenizer.fromText(train);
    const other = WordTokenizer.fromText("x y\n");
    const stream = await Corpus.fromText("x y\n").tokenize(other);
    const model = await NgramModel.fromText(train, { order: 2, tokenizer });
    await expect(model.evaluate(stream)).rejects.toThrow(/another tokenizer/);
  });

  test("a signal stops the training with its reason", async () => {
    const reason = new Error("enough");
    await expect(NgramModel.fromText(train, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const training = NgramModel.fromText(train, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(training).rejects.toBe(reason);
  });
});

test("n-grams that come too seldom are left to the back-off, and the probabilities still sum to 1", async () => {
  for (const smoothing of ["modifiedKneserNey", "katz", "wittenBell"] as const) {
    const whole = await NgramModel.fromText(train, { order: 3, smoothing });
    const model = await NgramModel.fromText(train, { order: 3, smoothing, minimumCounts: [1, 1, 2] });
    const [counts, before] = [model.network.config.counts, whole.network.config.counts];
    expect(counts.slice(0, 2)).toEqual(before.slice(0, 2));
    const lines = train.split("\n").map((line) => ["<s>", ...line.split(" "), "</s>"]);
    const times = new Map<string, number>();
    for (const words of lines.slice(0, -1)) {
      for (let i = 0; i + 3 <= words.length; i++) {
        const key = words.slice(i, i + 3).join(" ");
        times.set(key, (times.get(key) ?? 0) + 1);
      }
    }
    expect(before[2]).toBe(times.size);
    expect(counts[2]).toBe([...times.values()].filter((n) => n > 1).length);
    for (const prompt of ["w0 w1", "w2 w0", "w5"]) {
      const { tokens } = await model.nextTokens(prompt, { top: 1000 });
      // Not made to sum to 1 by the softmax of nextTokens: each is what logProbability says.
      const { tokens: read } = await model.logProbability(`${prompt} w0`);
      const w0 = tokens.find(({ token }) => token === "w0");
      expect(w0?.logProbability).toBeCloseTo(read.at(-2)?.logProbability as number, 4);
    }
  }
  await expect(NgramModel.fromText(train, { order: 3, minimumCounts: [1, 2, 1] })).rejects.toThrow(/do not fall/);
});

test("weights of an interpolation that are fitted on a held-out text beat equal ones there", async () => {
  const heldOut = Corpus.fromText(held);
  const shared = { order: 3, smoothing: "interpolation" } as const;
  const fitted = await NgramModel.fromText(train, { ...shared, heldOut });
  const equal = await NgramModel.fromText(train, { ...shared, weights: [0.25, 0.25, 0.25, 0.25] });
  expect((await fitted.evaluate(held)).loss).toBeLessThan((await equal.evaluate(held)).loss);
});

test("weights of an interpolation are those of its orders, or first that of any word alike", async () => {
  const text = "a b\na b\na a\n";
  const probabilities = async (weights: number[]) => {
    const model = await NgramModel.fromText(text, { order: 2, smoothing: "interpolation", weights });
    const { tokens } = await model.logProbability("a b\n");
    return tokens.map(({ logProbability }) => expect.closeTo(Math.exp(logProbability), 5));
  };
  // Nine tokens are predicted, of which 4 are a, 2 are b and 3 are ends; a begins every line, and goes on with b in two of four places.
  const orders = [
    [4 / 9, 1],
    [2 / 9, 2 / 4],
    [3 / 9, 1],
  ] as const;
  expect(orders.map(([one, two]) => 0.3 * one + 0.7 * two)).toEqual(await probabilities([0.3, 0.7]));
  const V = WordTokenizer.fromText(text, { unknown: true }).size;
  expect(orders.map(([one, two]) => 0.2 / V + 0.3 * one + 0.5 * two)).toEqual(await probabilities([0.2, 0.3, 0.5]));
});

test("maximum likelihood is the quotient of counts, and what never came is impossible", async () => {
  const model = await NgramModel.fromText("this is cat\nthis is dog\nthis is cat\n", {
    order: 3,
    smoothing: "maximumLikelihood",
  });
  const { tokens } = await model.nextTokens("this is", { top: 2 });
  expect(tokens.map(({ token, probability }) => [token, probability.toFixed(4)])).toEqual([
    ["cat", "0.6667"],
    ["dog", "0.3333"],
  ]);
  const { tokens: read } = await model.logProbability("this cat");
  expect(read[1]?.logProbability).toBeLessThan(-200);
});

test("n-grams of a running text go on across the ends of its lines, those of sentences do not", async () => {
  const lines = randomLines(40);
  const text = `${lines.join("\n")}\n`;
  const model = await NgramModel.fromText(text, { order: 3, running: true });
  const tokens = lines.flatMap((line) => [...line.split(" "), "\n"]);
  const different = (n: number) => new Set(tokens.slice(n - 1).map((_, i) => tokens.slice(i, i + n).join(" "))).size;
  expect(model.network.config.counts.slice(1)).toEqual([different(2), different(3)]);
  const sentences = await NgramModel.fromText(text, { order: 3 });
  expect(sentences.network.config.counts[2]).toBeLessThan(different(3));
});

test.each([
  ["sentences", "abc\nabd\n", 8],
  ["sentences, among them empty ones", "abc\n\n\nabd\n\n\n", 8],
  ["sentences, the last without its end", "\nabc\nabd", 7],
  ["sentences before thousands of empty ones", `abc\nabd\n${"\n".repeat(20_000)}`, 8],
  ["a running text", "abc\n\nabd\n", 8],
])("bits per character of %s count the characters that are predicted", async (what, text, characters) => {
  const running = what === "a running text";
  const stream = async (part: string) => Corpus.fromText(part).tokenize(CharacterTokenizer.fromText("abcd\n"));
  const model = await NgramModel.train(await stream("abc\nabd\n\n".repeat(20)), {
    order: 2,
    smoothing: "wittenBell",
    running,
  });
  const { tokens, loss, bitsPerCharacter = 0 } = await model.evaluate(await stream(text));
  expect((tokens * loss) / Math.LN2 / bitsPerCharacter).toBeCloseTo(characters, 9);
});

test("a text of two tokens has one to predict", async () => {
  const model = await NgramModel.fromText("so on so on so so", {
    order: 2,
    running: true,
    smoothing: "additive",
    added: 1,
  });
  const { tokens } = await model.logProbability("so on");
  for (const short of ["so", ""]) {
    const least = ": expected at least 2 tokens, and the text has fewer.";
    await expect(model.evaluate(short)).rejects.toThrow(`evaluate${least}`);
    await expect(model.logProbability(short)).rejects.toThrow(`logProbability${least}`);
  }
  const lines = await NgramModel.fromText("so on\n", { order: 2 });
  await expect(lines.evaluate("")).rejects.toThrow("evaluate: expected at least 1 token, and the text has fewer.");
  const measured = await model.evaluate("so on");
  expect(measured.perplexity).toBeCloseTo(Math.exp(-(tokens.at(-1)?.logProbability as number)), 6);
});

test("a signal that fires while n-grams are counted ends the count, not only what would follow it", async () => {
  const random = randomNumbers(5);
  const ids = Int32Array.from({ length: 2 ** 20 }, () => random(1000));
  const controller = new AbortController();
  const counter = new NgramCounter(1000, null, controller.signal);
  await counter.add(memoryStream(ids, 0), { order: 5 });
  const counted = counter.count(5);
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(counted).rejects.toBe(reason);
});

test("a table that is copied in several pieces has each number where it belongs", async () => {
  const V = 600;
  const counter = new NgramCounter(V, null, undefined);
  const probabilityOf = (a: number, b: number) => -1 - ((a * 31 + b * 17) % 1000) / 64;
  const ids = Int32Array.from({ length: V }, (_, id) => id);
  const ones = new Float32Array(V).fill(-3);
  counter.addNgrams(1, { ids, probabilities: ones, backoffs: ones });
  const pairs = Array.from({ length: V * V }, (_, i) => [Math.floor(i / V), i % V] as const);
  counter.addNgrams(2, {
    ids: Int32Array.from(pairs.flat()),
    probabilities: Float32Array.from(pairs, ([a, b]) => probabilityOf(a, b)),
    backoffs: new Float32Array(V * V),
  });
  const { table, counts } = await counter.pack();
  expect(counts).toEqual([V, V * V]);
  expect(table.length).toBeGreaterThan(2 ** 19);
  let at = 0;
  for (const { words, probability } of new NgramTableReader(table, counts).ngrams(2)) {
    const [a, b] = pairs[at++] as readonly [number, number];
    if (words[0] !== a || words[1] !== b || probability !== probabilityOf(a, b)) expect.fail(`${a} ${b}`);
  }
  expect(at).toBe(V * V);
});

describe("a text that is counted in parts", () => {
  const long = `${randomLines(2500).join("\n")}\n`;

  test("makes the table of the whole text, bit for bit", async () => {
    for (const options of [{ order: 4 }, { order: 3, running: true }, { order: 1, smoothing: "additive" }] as const) {
      const whole = await NgramModel.fromText(long, options);
      const parts = await NgramModel.fromText(long, { ...options, memory: 1 });
      expect(await parts.store.read("ngrams")).toEqual(await whole.store.read("ngrams"));
      expect(parts.notes).toEqual(whole.notes);
    }
  });

  test("needs a temporary file, and says so where there is no room for one", async () => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = "/nowhere/at/all";
    try {
      await expect(NgramModel.fromText(long, { order: 4, memory: 1 })).rejects.toThrow(FileError);
      await expect(NgramModel.fromText(long, { order: 4, memory: 1 })).rejects.toThrow(
        /no temporary file can be kept in \/nowhere\/at\/all: .*set TMPDIR to another disk/,
      );
      await NgramModel.fromText(long, { order: 4 });
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });

  test("is stopped by a signal between its parts", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = (done: number) => done > 0.5 && controller.abort(reason);
    const training = NgramModel.fromText(long, { order: 4, memory: 1, signal: controller.signal, onProgress });
    await expect(training).rejects.toBe(reason);
  });
});

describe("pruning by entropy", () => {
  test("a model that is pruned is the one that is trained so, and stays close to the whole one", async () => {
    const whole = await NgramModel.fromText(train, { order: 3, smoothing: "wittenBell" });
    const trained = await NgramModel.fromText(train, { order: 3, smoothing: "wittenBell", pruneEntropy: 3e-5 });
    const pruned = await whole.pruned({ pruneEntropy: 3e-5 });
    expect(pruned.network.config).toEqual(trained.network.config);
    expect(await pruned.store.read("ngrams")).toEqual(await trained.store.read("ngrams"));
    const [before, after] = [whole, pruned].map(({ network }) =>
      network.config.counts.reduce((sum, n) => sum + n, 0),
    ) as [number, number];
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(before);
    const [a, b] = [await whole.evaluate(train), await pruned.evaluate(train)];
    expect(b.loss).toBeGreaterThan(a.loss);
    expect(b.loss).toBeLessThan(a.loss + 0.05);
  });

  test("it is refused where probabilities do not sum to 1, and stopped by a signal", async () => {
    const options = { order: 2, smoothing: "backOff" } as const;
    const backOff = await NgramModel.fromText(train, options);
    await expect(backOff.pruned({ pruneEntropy: 1e-5 })).rejects.toThrow(/backOff do not sum to 1/);
    await expect(NgramModel.fromText(train, { ...options, pruneEntropy: 1e-5 })).rejects.toThrow(OptionError);
    const model = await NgramModel.fromText(train, { order: 2 });
    const reason = new Error("enough");
    await expect(model.pruned({ pruneEntropy: 1e-5, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(model.pruned({ pruneEntropy: 2 })).rejects.toThrow(OptionError);
  });

  test("a damaged table is refused", async () => {
    const model = await NgramModel.fromText(train, { order: 3 });
    const table = (await model.store.read("ngrams")) as Int32Array;
    await model.store.write("ngrams", table.fill(2 ** 30, 40));
    await expect(model.pruned({ pruneEntropy: 1e-5 })).rejects.toThrow(/the n-grams cannot be used: they are damaged/);
  });
});
