import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { ByteTokenizer, CharacterTokenizer, memoryStream, WordTokenizer } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { Graph, ops } from "../../../lib/graph/index.js";
import { LanguageModel } from "../../../lib/models/languageModel/languageModel.js";

const text = "The quick brown fox jumps over the lazy dog.\nPack my box with five dozen liquor jugs.\n";
const tokenizer = CharacterTokenizer.fromText(text);
const executor = nativeExecutor();

function newModel(options: object = {}): Promise<LanguageModel> {
  return LanguageModel.create({
    tokenizer,
    hiddenSize: 20,
    layers: 2,
    initializer: "uniform:0.4",
    executor,
    ...options,
  });
}

async function written(pieces: AsyncIterable<string>): Promise<string> {
  let all = "";
  for await (const piece of pieces) all += piece;
  return all;
}

for (const cell of ["lstm", "gru", "rnn"] as const) {
  test(`${cell}: the loss does not depend on the window that the text is read in`, async () => {
    const model = await newModel({ cell });
    const whole = await model.evaluate(text, { windowLength: 1000 });
    const single = await model.evaluate(text, { windowLength: 1 });
    const odd = await model.evaluate(text, { windowLength: 7 });
    expect(single.loss).toBeCloseTo(whole.loss, 5);
    expect(odd.loss).toBeCloseTo(whole.loss, 5);
    expect(whole.tokens).toBe(tokenizer.encode(text).length - 1);
  });

  test(`${cell}: the native executor agrees with the float64 reference`, async () => {
    const native = await newModel({ cell });
    const reference = await newModel({ cell, executor: new ReferenceExecutor({ precision: "float64" }) });
    expect((await native.evaluate(text)).loss).toBeCloseTo((await reference.evaluate(text)).loss, 5);
  });
}

test("the log-probability of a text is the sum over its tokens and matches evaluate", async () => {
  const model = await newModel();
  const { total, tokens } = await model.logProbability(text);
  const { loss } = await model.evaluate(text);
  expect(-total / tokens.length).toBeCloseTo(loss, 6);
  expect(tokens.reduce((sum, { logProbability }) => sum + logProbability, 0)).toBeCloseTo(total, 4);
  expect(tokens[0]?.token).toBe("h");
});

test("activations follow the text and their surprise adds up to its log-probability", async () => {
  const model = await newModel();
  const { tokens, layers, surprise } = await model.activations(text);
  expect(layers.map(({ name }) => name)).toEqual(["layer 1 hidden", "layer 1 cell", "layer 2 hidden", "layer 2 cell"]);
  expect(layers[0]?.values.length).toBe(tokens.length * 20);
  const bits = surprise.reduce((sum, value) => sum + value, 0);
  expect(-bits * Math.LN2).toBeCloseTo((await model.logProbability(text)).total, 2);
});

test("activations are refused by what the cell shows in truth, and stop when their signal fires", async () => {
  const long = "The quick brown fox ".repeat(500);
  const limit = vi.spyOn(process, "constrainedMemory");
  onTestFinished(() => limit.mockRestore());
  // 10,000 tokens of 2 x (2 + 3) x 4 bytes, and those of an RNN, which has no gates.
  for (const { cell, bytes } of [
    { cell: "lstm", bytes: 400_000 },
    { cell: "rnn", bytes: 80_000 },
  ]) {
    const model = await newModel({ cell, hiddenSize: 2, layers: 1, embeddingSize: 2 });
    limit.mockReturnValue(bytes - 1);
    await expect(model.activations(long)).rejects.toThrow("activations: those of 10000 tokens would need");
    limit.mockReturnValue(bytes);
    await expect(model.activations(long, { signal: AbortSignal.timeout(1) })).rejects.toThrow(/aborted due to timeout/);
  }
});

test("generation: the same seed writes the same text, another seed another one", async () => {
  const model = await newModel();
  const options = { prompt: "The ", maximumLength: 60 };
  const [a, b, c] = [
    await written(model.generate({ ...options, seed: 5 })),
    await written(model.generate({ ...options, seed: 5 })),
    await written(model.generate({ ...options, seed: 6 })),
  ];
  expect(a).toBe(b);
  expect(a).not.toBe(c);
  expect([...a].length).toBe(60);
});

test("generation: temperature 0, topK 1 and a tiny topP are all greedy", async () => {
  const model = await newModel();
  const greedy = await written(model.generate({ prompt: "fox", maximumLength: 40, temperature: 0 }));
  expect(await written(model.generate({ prompt: "fox", maximumLength: 40, topK: 1 }))).toBe(greedy);
  expect(await written(model.generate({ prompt: "fox", maximumLength: 40, topP: 1e-6 }))).toBe(greedy);
});

test("two generations at once do not disturb each other", async () => {
  const model = await newModel();
  const options = { prompt: "The ", maximumLength: 50 };
  const alone = await written(model.generate({ ...options, seed: 1 }));
  const together = await Promise.all([1, 2, 3].map((seed) => written(model.generate({ ...options, seed }))));
  expect(together[0]).toBe(alone);
});

test("generation stops before the stop text, also where it comes in pieces", async () => {
  const model = await newModel();
  const free = await written(model.generate({ prompt: "The ", maximumLength: 80, seed: 3 }));
  const stop = free.slice(20, 23);
  const stopped = await written(model.generate({ prompt: "The ", maximumLength: 80, seed: 3, stop }));
  expect(stopped).toBe(free.slice(0, free.indexOf(stop)));
});

test("leaving the loop or aborting ends a generation", async () => {
  const model = await newModel();
  for await (const piece of model.generate({ prompt: "The " })) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  const controller = new AbortController();
  controller.abort();
  await expect(written(model.generate({ prompt: "The ", signal: controller.signal }))).rejects.toThrow(/abort/i);
});

test("an unknown character in a prompt is named, with what to do", async () => {
  const model = await newModel();
  await expect(written(model.generate({ prompt: "caf\u00e9" }))).rejects.toThrow(/\u00e9.*U\+00E9/s);
});

test("words that were cut from the vocabulary are never written", async () => {
  const words = WordTokenizer.fromText(text.repeat(2), { maximumSize: 8 });
  const model = await LanguageModel.create({ tokenizer: words, hiddenSize: 8, executor });
  const out = await written(model.generate({ maximumLength: 200, seed: 1 }));
  expect(words.special.unknown).toBeDefined();
  expect(out).not.toContain("<unk>");
});

test("Korean bytes never come out as half a character", async () => {
  const model = await LanguageModel.create({ tokenizer: new ByteTokenizer(), hiddenSize: 8, executor });
  const out = await written(model.generate({ prompt: "\ud55c\uad6d", maximumLength: 300, seed: 2 }));
  for (const piece of out.split("\ufffd")) expect(Buffer.from(piece, "utf8").toString("utf8")).toBe(piece);
});

test("a saved model predicts exactly as before; a damaged folder is refused with the file named", async () => {
  const folder = join(await mkdtemp(join(tmpdir(), "ostinato-model-")), "model");
  const model = await newModel({ tied: true, embeddingSize: 12, layerNorm: true });
  await model.save(folder);
  const loaded = await LanguageModel.load(folder, { executor });
  expect((await loaded.evaluate(text)).loss).toBe((await model.evaluate(text)).loss);
  expect(loaded.network.config).toEqual(model.network.config);

  const weights = join(folder, "model.safetensors");
  const good = await readFile(weights);
  await truncate(weights, good.length - 5);
  await expect(LanguageModel.load(folder, { executor })).rejects.toThrow(/model\.safetensors/);
  const altered = Buffer.from(good);
  altered[altered.length - 3] = (altered[altered.length - 3] as number) ^ 1;
  await writeFile(weights, altered);
  await expect(LanguageModel.load(folder, { executor })).rejects.toThrow(/model\.safetensors/);
  await rm(weights);
  await expect(LanguageModel.load(folder, { executor })).rejects.toThrow(/model\.safetensors/);
  await rm(folder, { recursive: true });
  await expect(LanguageModel.load(folder, { executor })).rejects.toThrow(folder);
});

for (const own of [executor, new ReferenceExecutor()]) {
  test(`${own.name}: a text that overflows does not spoil the measurement of the next one`, async () => {
    const tokenizer = CharacterTokenizer.fromText("abcd");
    const options = { tokenizer, cell: "rnn", activation: "relu", hiddenSize: 32, layers: 1, executor: own } as const;
    const model = await newModel({ ...options, initializer: "normal:0.6" });
    const before = await model.evaluate("abcd");
    const long = "abcd".repeat(800);
    await expect(model.evaluate(long)).rejects.toThrow(/^evaluate: the loss is not finite/);
    await expect(model.logProbability(long)).rejects.toThrow(/^logProbability: the loss is not finite/);
    expect(await model.evaluate("abcd")).toEqual(before);
  });
}

test("a text of one token cannot be evaluated", async () => {
  const model = await newModel();
  await expect(model.evaluate("T")).rejects.toThrow(/at least 2 tokens, got 1/);
  await expect(model.evaluate(memoryStream(new Int32Array(0), 0))).rejects.toThrow(/at least 2 tokens, got 0/);
});

test("options that contradict each other or nobody knows are refused", async () => {
  await expect(newModel({ cell: "gru", forgetBias: 2 })).rejects.toThrow(/forgetBias belongs to the cells .*"lstm"/);
  await expect(newModel({ hiddensize: 3 })).rejects.toThrow(/did you mean hiddenSize/);
  await expect(newModel({ dropout: 1 })).rejects.toThrow(/dropout to be a number at least 0 and below 1 .*, got 1/);
  await expect(newModel({ initializer: "random" })).rejects.toThrow(/expected one of uniform:WIDTH/);
});

test("options have the range of the type that they end in, and no word or number stands for true or false", async () => {
  const model = await newModel();
  const first = async (options: object) =>
    (await model.generate({ maximumLength: 30, seed: 1, ...options }).next()).value;
  for (const [options, message] of [
    [{ temperature: 1e39 }, /temperature to be a number at least 0 .as float32., got 1e\+39/],
    [{ topP: 1e-46 }, /topP to be a number above 0 and at most 1 .as float32., got 1e-46/],
    [{ seed: 2 ** 32 }, /seed to be a whole number at least 0 and at most 4294967295, got 4294967296/],
    [{ topK: -1 }, /topK/],
    [{ prompt: 5 }, /prompt to be a text, got 5/],
    [{ prompt: Buffer.from("The") }, /prompt to be a text, got a Buffer/],
    [{ stop: "" }, /stop to be a text that is not empty, or an array/],
    [{ stop: ["a", ""] }, /stop to be a text that is not empty, or an array/],
    [{ end: "sentence" }, /no token for the end of a sentence/],
    [{ end: "paragraph" }, /end to be one of sentence, line, never/],
    [{ maximumLenght: 3 }, /did you mean maximumLength/],
  ] as const) {
    await expect(first(options)).rejects.toThrow(message);
  }
  for (const options of [{ tied: "false" }, { sentences: "no" }, { variational: 1 }, { seed: -1 }, { layers: 1e15 }]) {
    await expect(newModel(options)).rejects.toThrow(/true or false|seed|layers/);
  }
  await expect(LanguageModel.create(undefined as never)).rejects.toThrow(/expected tokenizer to be a tokenizer/);
  await expect(LanguageModel.load(undefined as never, { executor })).rejects.toThrow(/folder to be a text/);
  await expect(LanguageModel.load("model", { executor: 5 as never })).rejects.toThrow(
    /an executor, or one of native, wasm, reference, got 5/,
  );
  expect(() => new (LanguageModel as unknown as new () => LanguageModel)()).toThrow(/use await LanguageModel.create/);
  for (const text of [5, undefined, Buffer.from("The")] as never[]) {
    await expect(model.evaluate(text)).rejects.toThrow(/expected the text to be a text, or a stream of tokens/);
    await expect(model.logProbability(text)).rejects.toThrow(/logProbability: expected text to be a text/);
    await expect(model.activations(text)).rejects.toThrow(/activations: expected text to be a text/);
    await expect(model.nextTokens(text)).rejects.toThrow(/nextTokens: expected prompt to be a text/);
  }
  await expect(model.evaluate(text, { bachSize: 2 } as object)).rejects.toThrow(/did you mean batchSize/);
  await expect(model.evaluate(text, { batchSize: 2 ** 31 })).rejects.toThrow(/batchSize/);
});

test("topK of the vocabulary's size or more leaves nothing out, however large", async () => {
  const model = await newModel();
  const options = { prompt: "fox", maximumLength: 40, seed: 4 };
  const all = await written(model.generate(options));
  for (const topK of [0, tokenizer.size, tokenizer.size + 1, 2 ** 31, 2 ** 32 + 1]) {
    expect(await written(model.generate({ ...options, topK }))).toBe(all);
  }
  const sampled = (topK: number) => model.beamSearch({ sampling: { topK, seed: 1 }, maximumLength: 20 });
  expect(await sampled(2 ** 32 + 1)).toEqual(await sampled(0));
});

test("a model that cannot fit into memory is refused with what it would need, and so are beams by the million", async () => {
  const model = await newModel();
  const begin = performance.now();
  await expect(newModel({ hiddenSize: 16_000, layers: 1000 })).rejects.toThrow(
    /its [\d]+ parameters would need 8\.19 TB of memory, and there are .*B\. Make the model smaller/,
  );
  await expect(model.beamSearch({ beams: 1e8 })).rejects.toThrow(/beams .* at most 4096/);
  await expect(model.generateAll({ count: 1e9 })).rejects.toThrow(/count .* at most 65536/);
  expect(performance.now() - begin).toBeLessThan(1000);
});

test("the probability of a text of 190,000 characters is known", async () => {
  const model = await newModel({ hiddenSize: 4, layers: 1 });
  const { tokens } = await model.logProbability(text.repeat(2200));
  expect(tokens.length).toBe(text.length * 2200 - 1);
});

test("generation stops before the first of several texts", async () => {
  const model = await newModel();
  const free = await written(model.generate({ prompt: "The ", maximumLength: 80, seed: 3 }));
  const stop = [free.slice(50, 53), free.slice(20, 23), "never there"];
  const end = Math.min(...stop.slice(0, 2).map((text) => free.indexOf(text)));
  expect(await written(model.generate({ prompt: "The ", maximumLength: 80, seed: 3, stop }))).toBe(free.slice(0, end));
  expect(await model.generateAll({ prompts: ["The "], maximumLength: 80, seed: 3, stop })).toEqual([
    free.slice(0, end),
  ]);
  // The beginning of a stop that the text ends with is written, as the rest of it never comes.
  const begun = { maximumLength: 80, seed: 3, stop: `${free.slice(-3)}\u0000` };
  expect(await written(model.generate({ ...begun, prompt: "The " }))).toBe(free);
  expect(await model.generateAll({ ...begun, prompts: ["The "] })).toEqual([free]);
});

test("the next tokens are those of logProbability, likeliest first, and their probabilities add up to 1", async () => {
  for (const own of [tokenizer, WordTokenizer.fromText(text, { unknown: true }), new ByteTokenizer()]) {
    const model = await newModel({ tokenizer: own });
    const prompt = "The quick";
    const { tokens, unknown } = await model.nextTokens(prompt, { top: own.size });
    expect(tokens.length).toBe(own.size);
    expect(tokens.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(tokens.every(({ probability }, i) => i === 0 || probability <= (tokens[i - 1]?.probability as number))).toBe(
      true,
    );
    expect(unknown).toBe(0);
    expect((await model.nextTokens(prompt, { top: 3 })).tokens).toEqual(tokens.slice(0, 3));
    const next = `${prompt} brown`;
    const id = own.encode(next)[own.encode(prompt).length] as number;
    const read = (await model.logProbability(next)).tokens[own.encode(prompt).length - 1];
    const same = tokens.find((token) => token.id === id);
    expect(same?.logProbability).toBeCloseTo(read?.logProbability as number, 4);
    expect(next.startsWith(prompt + same?.text)).toBe(true);
  }
});

test("results say how many tokens were unknown", async () => {
  const words = WordTokenizer.fromText("a b c d\n", { unknown: true });
  const model = await newModel({ tokenizer: words });
  expect((await model.evaluate("a x b y z\n")).unknown).toBe(3);
  expect((await model.logProbability("x a y")).unknown).toBe(2);
  expect((await model.nextTokens("a x")).unknown).toBe(1);
  expect((await model.beamSearch({ prompt: "x x", maximumLength: 3 })).unknown).toBe(2);
  expect((await (await newModel()).evaluate(text)).unknown).toBe(0);
  // One <unk> for a word says nothing about the word's characters.
  expect(await model.evaluate("a b x b\n")).not.toHaveProperty("bitsPerCharacter");
  expect((await model.evaluate("a b c b\n")).bitsPerCharacter).toBeGreaterThan(0);
});

test("the reference executor lets the event loop turn while it writes", async () => {
  const model = await newModel({ hiddenSize: 64, executor: new ReferenceExecutor() });
  const signal = AbortSignal.timeout(50);
  await expect(written(model.generate({ maximumLength: 100_000, signal }))).rejects.toThrow(/timeout|aborted/);
});

test("an abort is seen between two pieces, also when more tokens are drawn already", async () => {
  const model = await newModel();
  const controller = new AbortController();
  const pieces = model.generate({ prompt: "The", maximumLength: 60, seed: 1, signal: controller.signal });
  let seen = 0;
  const read = async () => {
    for await (const _ of pieces) if (++seen === 5) controller.abort();
  };
  await expect(read()).rejects.toThrow(/abort/);
  expect(seen).toBe(5);
});

test("an output of one column with a bias, for many rows", async () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [300, 40]);
  graph.output("y", ops.linear(x, graph.feed("weight", "f32", [1, 40]), graph.feed("bias", "f32", [1])));
  const executable = executor.compile(graph.program(), executor.createStore());
  const feeds = {
    x: new Float32Array(300 * 40).fill(0.5),
    weight: new Float32Array(40).fill(0.25),
    bias: Float32Array.of(2),
  };
  const { outputs } = await executable.run(feeds);
  expect([...(outputs.y as Float32Array)]).toEqual(Array(300).fill(7));
});

test("a measurement reads one text at a time or more, in windows of one token or more", async () => {
  const model = await LanguageModel.create({ tokenizer: CharacterTokenizer.fromText("ab"), hiddenSize: 4 });
  for (const name of ["batchSize", "windowLength"]) {
    await expect(model.evaluate("abab", { [name]: 0 })).rejects.toThrow(
      `evaluate: expected ${name} to be a whole number at least 1 and at most 2147483647, got 0.`,
    );
  }
});

test("a measurement says what share of the text it has read after each batch, and 1 in the end", async () => {
  const model = await newModel({ hiddenSize: 4, layers: 1 });
  const read = text.slice(0, 23);
  const shares: number[] = [];
  const { loss } = await model.evaluate(read, { windowLength: 8, onProgress: (share) => shares.push(share) });
  expect(shares).toEqual([8 / 23, 16 / 23, 22 / 23, 1]);
  // More parts than tokens are as many as there are tokens to predict.
  const both = text.slice(0, 3);
  const { tokens } = await model.evaluate(both, { batchSize: 5 });
  expect(tokens).toBe(2);
  const losses = await model.tokenLosses(read, { windowLength: 8 });
  const { tokens: each, total } = await model.logProbability(read);
  expect([...losses]).toEqual(each.map(({ logProbability }) => expect.closeTo(-logProbability, 5)));
  expect(each.map(({ token }) => token)).toEqual(
    [...read].slice(1).map((one) => tokenizer.token(tokenizer.id(one) as number)),
  );
  expect(total).toBeCloseTo(-loss * 22, 4);
});
