import { expect, test } from "vitest";
import { ByteTokenizer } from "../../../lib/data/byteTokenizer.js";
import { sentenceMarks } from "../../../lib/data/sentenceMarks.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { Graph } from "../../../lib/graph/graph.js";
import * as ops from "../../../lib/graph/ops/index.js";
import { CaptionData, expectImages, imagesSideBySide } from "../../../lib/models/imageCaptioner/captionData.js";
import { completeCaptionerConfig, regionsOf } from "../../../lib/models/imageCaptioner/config.js";
import { ImageCaptioner } from "../../../lib/models/imageCaptioner/imageCaptioner.js";
import { ImageCaptionerNetwork } from "../../../lib/models/imageCaptioner/network.js";
import { slopes } from "../../../lib/models/imageCaptioner/positions.js";
import type { Initializer } from "../../../lib/nn/initializers.js";
import { adam } from "../../../lib/train/optimizers.js";
import { Trainer } from "../../../lib/train/trainer.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";
import { numbers } from "../../graph/case.js";
import { storeOf } from "../slopes.js";
import { captioned, captioner, columns, rows, tokenizer } from "./captions.js";

const native = nativeExecutor();
const reference = new ReferenceExecutor();
const variants = [
  {},
  { attention: "none" },
  { attention: "general", gate: false, positions: true, layers: 2 },
  { convolutions: [5, 6], gridSize: 1, pooling: "mean" },
  { cell: "gru", attention: "scaled", hiddenSize: 4, tied: true },
];

test.each(variants)("%o: native and reference predict and write the same", async (options) => {
  const [one, other] = await Promise.all([captioner(native, options), captioner(reference, options)]);
  const images = captioned(5, 3);
  const [a, b] = await Promise.all([one.evaluate(images), other.evaluate(images)]);
  expect(a.tokens).toBe(b.tokens);
  expect(a.loss).toBeCloseTo(b.loss, 5);
  const search = { beams: 3, nBest: 3, maximumLength: 6 };
  const [c, d] = await Promise.all([one.caption(images, search), other.caption(images, search)]);
  for (const [i, { hypotheses }] of c.entries()) {
    expect(hypotheses.map(({ text }) => text)).toEqual(d[i]?.hypotheses.map(({ text }) => text));
    expect(hypotheses[0]?.score).toBeCloseTo(d[i]?.hypotheses[0]?.score as number, 5);
  }
});

test.each(variants)("%o: what a search writes has the probability that evaluation gives it", async (options) => {
  const model = await captioner(native, options);
  const [image] = captioned(1, 5);
  const [caption] = await model.caption([image as never], { beams: 4, maximumLength: 8, minimumLength: 1 });
  const [best] = caption?.hypotheses ?? [];
  const { loss, tokens } = await model.evaluate([{ ...(image as never as object), captions: [best?.text] } as never]);
  const total = best?.logProbabilities.reduce((sum, p) => sum + p, 0) as number;
  // Where the search was cut off, evaluation predicts one token more, the end.
  if (best?.ended) expect(-loss * tokens).toBeCloseTo(total, 4);
  else expect(-loss * tokens).toBeLessThan(total);
});

test("a caption does not depend on the images beside it", async () => {
  const model = await captioner(native);
  const images = captioned(9, 4);
  const search = { beams: 2, maximumLength: 6 };
  const together = await model.caption(images, search);
  for (const [i, image] of images.entries()) expect((await model.caption([image], search))[0]).toEqual(together[i]);
  expect(await model.caption(images, { ...search, batchSize: 2 })).toEqual(together);
});

test("captions in bytes hold whole characters, are told as they grow, each with its place, and show their search", async () => {
  const images = captioned(3);
  for (const executor of [native, reference]) {
    const model = await captioner(executor, { tokenizer: new ByteTokenizer(), seed: 2 });
    const told: string[][] = [[], [], []];
    const onBest = (text: string, i: number) => told[i]?.push(text);
    const captions = await model.caption(images, { beams: 4, maximumLength: 17, batchSize: 2, tree: true, onBest });
    expect(captions.map(({ text }) => text)).toEqual(told.map((texts) => texts.at(-1)));
    for (const { text, hypotheses, tree } of captions) {
      expect(text).toBe(hypotheses[0]?.text);
      expect(tree?.length).toBeGreaterThanOrEqual(17);
    }
    expect(told.flat().join("")).not.toContain("\u{FFFD}");
    expect(told.flat().join("")).toMatch(/[^\p{ASCII}]/u);
    expect((await model.caption(images, { maximumLength: 2 })).map(({ tree }) => tree)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});

test("where no word may be written, and not even the end, a caption is empty", async () => {
  const model = await captioner(native);
  const words = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id)).filter(
    (word) => !word.startsWith("<"),
  );
  const [caption] = await model.caption(captioned(1), { banned: words, minimumLength: 1, maximumLength: 3 });
  expect(caption).toMatchObject({ text: "", hypotheses: [] });
});

test("each step's attention is a distribution over the regions of the grid", async () => {
  const model = await captioner(native);
  const [caption] = await model.caption(captioned(1), { maximumLength: 5 });
  const [best] = caption?.hypotheses ?? [];
  expect(caption?.grid).toEqual({ rows, columns });
  expect(best?.attention).toHaveLength((best?.tokens.length ?? 0) + (best?.ended ? 1 : 0));
  for (const row of best?.attention ?? []) {
    expect(row).toHaveLength(rows * columns);
    expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
  }
});

test("a model learns what is in an image, and where; with other images it is wrong", async () => {
  const model = await captioner(native, { hiddenSize: 32, embeddingSize: 16, positions: true, doublyStochastic: 0.1 });
  const [train, held] = [
    captioned(400, 1),
    captioned(60, 2).map((one) => ({ ...one, captions: one.captions.slice(0, 1) })),
  ];
  const data = await CaptionData.create(
    train.map((one) => ({ ...one, captions: one.captions.slice(0, 1) })),
    { tokenizer, batchSize: 20 },
  );
  await new Trainer(model, { data, epochs: 25, optimizer: adam({ learningRate: 0.01 }) }).run();
  expect((await model.score(held)).exact).toBeGreaterThan(0.95);
  // Its captions are compared with all that an image has.
  const both = held
    .slice(0, 6)
    .map((one, i) => ({ ...one, captions: [...one.captions, "the fish"].slice(0, 1 + (i % 2)) }));
  const { images, references, texts, bleuByLength, bleu } = await model.score(both);
  expect([images, references, texts.length]).toEqual([6, 9, 6]);
  expect(texts).toEqual((await model.caption(both)).map(({ text }) => text));
  expect(bleuByLength).toHaveLength(4);
  expect(bleuByLength.at(-1)).toBeCloseTo(bleu.score, 9);
  const exchanged = held.map((one, i) => ({ ...one, image: (held[(i + 7) % held.length] as typeof one).image }));
  expect((await model.score(exchanged)).exact).toBeLessThan(0.4);
  const folder = `${await temporaryFolder()}/model`;
  await model.save(folder);
  const again = await ImageCaptioner.load(folder, { executor: native });
  expect(await again.caption(held)).toEqual(await model.caption(held));
});

test("two steps have the logits and the attention of the equations, with a plain cell, a gate and places of regions", async () => {
  const [S, M, B] = [3, 2, 2];
  const sizes = {
    vocabularySize: 5,
    rows: 1,
    columns: S,
    channels: M,
    hiddenSize: 3,
    embeddingSize: 4,
    attentionSize: 2,
  };
  const network = new ImageCaptionerNetwork({ ...sizes, cell: "rnn", positions: true });
  const graph = new Graph();
  const encoded = network.encode(graph.feed("images", "f32", [B, 1, S, M]));
  const first = network.step(graph.feed("first", "i32", [B]), encoded.state, encoded);
  const second = network.step(graph.feed("second", "i32", [B]), first.state, encoded);
  graph.output("logits", second.logits);
  graph.output("weights", second.weights as NonNullable<typeof second.weights>);
  const exact = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(exact, network, (i, size) => numbers(size, i + 1));
  const images = numbers(B * S * M, 99);
  const tokens = { first: [1, 4], second: [3, 0] };
  const feeds = { images, first: Int32Array.from(tokens.first), second: Int32Array.from(tokens.second) };
  const { outputs } = await exact.compile(graph.program(), store).run(feeds);

  const all = new Map<string, number[]>();
  for (const { name } of network.parameters) all.set(name, Array.from(await store.read(name)));
  const own = (name: string) => all.get(name) as number[];
  const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0);
  /** W x + b, a row of W for each output. */
  const linear = (name: string, x: readonly number[], bias?: string, weight = `${name}.weight`) =>
    Array.from({ length: own(weight).length / x.length }, (_, i) =>
      sum([
        ...x.map((value, k) => value * (own(weight)[i * x.length + k] as number)),
        bias ? (own(bias)[i] as number) : 0,
      ]),
    );
  const add = (a: readonly number[], b: readonly number[]) => a.map((x, i) => x + (b[i] as number));
  for (let b = 0; b < B; b++) {
    const regions = Array.from({ length: S }, (_, s) =>
      add([...images.subarray((b * S + s) * M, (b * S + s + 1) * M)], own("positions").slice(s * M, (s + 1) * M)),
    );
    const mean = [0, 1].map((m) => sum(regions.map((a) => a[m] as number)) / S);
    let h = linear("first.h_l0", mean, "first.h_l0.bias").map(Math.tanh);
    let [logits, alpha] = [[] as number[], [] as number[]];
    for (const token of [tokens.first[b] as number, tokens.second[b] as number]) {
      const query = linear("attention.query", h);
      const scores = regions.map((a) =>
        sum(add(query, linear("attention.memory", a)).map((x, k) => Math.tanh(x) * (own("attention.v")[k] as number))),
      );
      const total = sum(scores.map(Math.exp));
      alpha = scores.map((score) => Math.exp(score) / total);
      const beta = 1 / (1 + Math.exp(-(linear("gate", h, "gate.bias")[0] as number)));
      const z = [0, 1].map((m) => beta * sum(regions.map((a, s) => (alpha[s] as number) * (a[m] as number))));
      const embedded = own("embedding.weight").slice(4 * token, 4 * token + 4);
      const input = linear("", [...embedded, ...z], "decoder.bias_ih_l0", "decoder.weight_ih_l0");
      h = add(input, linear("", h, "decoder.bias_hh_l0", "decoder.weight_hh_l0")).map(Math.tanh);
      logits = linear(
        "output",
        linear("combine", [...h, ...z, ...embedded], "combine.bias").map(Math.tanh),
        "output.bias",
      );
    }
    for (const [v, x] of logits.entries()) expect(outputs.logits?.[b * 5 + v], `logit ${b} ${v}`).toBeCloseTo(x, 12);
    for (const [s, x] of alpha.entries()) expect(outputs.weights?.[b * S + s], `weight ${b} ${s}`).toBeCloseTo(x, 12);
  }
});

test("a batch has each caption after the mark of its beginning and before that of its end, beside its own image", async () => {
  const of = (thing: number, ...captions: string[]) => ({
    image: { shape: [2, 2], values: Float32Array.of(thing, 0, 0, thing) },
    captions,
  });
  const images = [of(1, "a dog", "the dog is below here"), of(2, "a cat above")];
  const data = await CaptionData.create(images, { tokenizer, role: "validate", batchSize: 4 });
  expect([data.images, data.captions, data.skipped, data.length]).toEqual([2, 3, 0, 1]);
  expect(data.shape).toEqual({ rows: 1, columns: 2, channels: 2 });
  const [{ form, feeds, tokens }] = [...data.batches(0)] as [
    ReturnType<typeof data.batches> extends Iterable<infer B> ? B : never,
  ];
  // Five words and the end, padded to a multiple of four.
  expect(form).toMatchObject({ T: 8, B: 3, rows: 1, columns: 2, channels: 2 });
  const { begin, end } = sentenceMarks(tokenizer);
  const sorted = (lines: string[]) => [...lines].sort();
  const column = (values: ArrayLike<number>, b: number) => Array.from({ length: 8 }, (_, t) => values[3 * t + b]);
  const read = [0, 1, 2].map((b) => {
    const [inputs, targets] = [column(feeds.inputs as Int32Array, b), column(feeds.targets as Int32Array, b)];
    const image = (feeds.images as Float32Array).subarray(4 * b, 4 * b + 4);
    return `${image} ${inputs} ${targets} ${feeds.lengths?.[b as never]}`;
  });
  const expected = images.flatMap(({ image, captions }) =>
    captions.map((text) => {
      const own = [...tokenizer.encode(text)];
      const padding = (value: number) => new Array(7 - own.length).fill(value);
      const [inputs, targets] = [
        [begin, ...own, ...padding(begin)],
        [...own, end, ...padding(-1)],
      ];
      return `${image.values} ${inputs} ${targets} ${own.length + 1}`;
    }),
  );
  expect(sorted(read)).toEqual(sorted(expected));
  expect(tokens).toBe(3 + 6 + 4);
  const others = [
    data,
    await CaptionData.create([of(1, "a dog"), of(2, "the dog is below here", "a cat above")], { tokenizer }),
    await CaptionData.create([of(3, "a dog", "the dog is below here"), of(2, "a cat above")], { tokenizer }),
    await CaptionData.create([of(1, "a dog", "the dog is below here"), of(2, "a cat here")], { tokenizer }),
    await CaptionData.create([of(1, "a dog the", "dog is below here"), of(2, "a cat above")], { tokenizer }),
  ];
  expect(new Set(await Promise.all(others.map((own) => own.digest()))).size).toBe(5);
  const identities = [
    data,
    ...(await Promise.all(
      [{ seed: 2 }, { batchSize: 2 }, { maximumLength: 3, long: "skip" as const }].map((options) =>
        CaptionData.create(images, { tokenizer, batchSize: 4, ...options }),
      ),
    )),
  ];
  expect(new Set(identities.map(({ identity }) => identity)).size).toBe(4);
  expect(identities.map(({ captions, skipped }) => [captions, skipped])).toEqual([
    [3, 0],
    [3, 0],
    [3, 0],
    [2, 1],
  ]);
});

test("colours as bytes become -1 to 1, and other numbers stay, each image in its place", () => {
  const images = [
    { image: { shape: [1, 3], values: Uint8Array.of(0, 255, 51) } },
    { image: { shape: [1, 3], values: Int32Array.of(0, 255, 51) } },
    { image: { shape: [1, 3], values: Float64Array.of(0.5, -2, 300) } },
  ];
  const together = [...imagesSideBySide(images)];
  expect(together).toEqual([-1, 1, expect.closeTo(-0.6, 6), 0, 255, 51, 0.5, -2, 300]);
  const spoilt = { image: { shape: [1, 3], values: Float32Array.of(0, 0, Number.POSITIVE_INFINITY) } };
  expect(() => imagesSideBySide([images[0] as (typeof images)[0], spoilt])).toThrow(
    "image 2: element 2 of the image is Infinity.",
  );
});

test.each([
  [{ rows: 28, columns: 30 }, [4, 8, 16, 32], 7, { rows: 7, columns: 7, halved: [true, true, false, false] }],
  [{ rows: 30, columns: 13 }, [4, 8], 7, { rows: 30, columns: 13, halved: [false, false] }],
  [{ rows: 15, columns: 9 }, [5], 4, { rows: 7, columns: 4, halved: [true] }],
  [{ rows: 15, columns: 9 }, [], 1, { rows: 15, columns: 9, halved: [] }],
] as const)(
  "the grid of %o after convolutions of %o is halved while both sides keep %s",
  (size, convolutions, gridSize, expected) => {
    const config = completeCaptionerConfig({
      ...size,
      channels: 3,
      vocabularySize: 9,
      convolutions,
      gridSize,
    } as never);
    expect(regionsOf(config)).toEqual({ ...expected, channels: convolutions.at(-1) ?? 3 });
  },
);

test("what is no image is told from one, and lists of images from others", async () => {
  const one = (shape: unknown, values: unknown) => () =>
    expectImages("caption", [{ image: { shape, values } as never }]);
  const refused = "caption: image 1 of 1: expected an image { shape, values }, got";
  for (const [shape, values] of [
    [[2, 2], new Float32Array(3)],
    [[2, 0], new Float32Array(0)],
    [[1.5, 2], new Float32Array(3)],
    ["22", new Float32Array(4)],
    [
      [2, 2],
      [1, 2, 3, 4],
    ],
    [undefined, new Float32Array(4)],
  ]) {
    expect(one(shape, values)).toThrow(refused);
  }
  expect(() => expectImages("caption", [null as never])).toThrow(refused);
  expect(one([1], new Float32Array(1))()).toEqual({ rows: 1, columns: 1, channels: 1 });
  expect(one([1, 1, 2, 1], new Float32Array(2))).toThrow(
    "[rows,columns,channels] or [regions,channels], got [1,1,2,1]",
  );
  expect(() => expectImages("caption", [])).toThrow("caption: there are no images.");
  expect(() => expectImages("caption", 5 as never)).toThrow("caption: expected a list of images, got 5.");
});

test("training adds λ Σ (L/S - Σ α)² for each caption, and evaluation nothing", async () => {
  const lambda = 0.7;
  const model = await captioner(reference, { doublyStochastic: lambda });
  const data = await CaptionData.create(captioned(4), { tokenizer, role: "validate", batchSize: 8 });
  const [{ form, feeds }] = [...data.batches(0)] as [
    ReturnType<typeof data.batches> extends Iterable<infer B> ? B : never,
  ];
  const total = async (training: boolean) => {
    const graph = new Graph({ training });
    graph.output("total", ops.sum(model.recordLoss(graph, form).losses));
    const executable = reference.compile(graph.program(), model.store);
    const known = executable.program.feeds.map(({ name }) => [name, feeds[name]]);
    return (await executable.run(Object.fromEntries(known))).outputs.total?.[0] as number;
  };
  const graph = new Graph();
  const { config } = model.network;
  const encoded = model.network.encode(graph.feed("images", "f32", [form.B, rows, columns, config.channels]));
  const { weights } = model.network.unroll(graph.feed("inputs", "i32", [form.T, form.B]), encoded);
  graph.output("weights", weights as NonNullable<typeof weights>);
  const run = await reference
    .compile(graph.program(), model.store)
    .run({ images: feeds.images, inputs: feeds.inputs } as never);
  const alpha = run.outputs.weights as Float64Array;
  const S = rows * columns;
  let expected = 0;
  for (let b = 0; b < form.B; b++) {
    const L = (feeds.lengths as Int32Array)[b] as number;
    for (let s = 0; s < S; s++) {
      let sum = 0;
      for (let t = 0; t < L; t++) sum += alpha[(t * form.B + b) * S + s] as number;
      expected += lambda * (L / S - sum) ** 2;
    }
  }
  expect((await total(true)) - (await total(false))).toBeCloseTo(expected, 4);
  expect(expected).toBeGreaterThan(0);
});

test("images that do not fit are refused by name", async () => {
  const model = await captioner(native);
  const [image] = captioned(1) as [ReturnType<typeof captioned>[number]];
  const of = (shape: number[], fill = 0) => ({
    shape,
    values: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(fill),
  });
  await expect(model.caption([{ image: of([3, 2, 4]), name: "tall.png" }])).rejects.toThrow(
    "tall.png: expected an image of 2 x 3 x 4 (rows x columns x channels), got 3 x 2 x 4: that is what the model reads.",
  );
  await expect(model.caption([of([2, 3, 4], Number.NaN)])).rejects.toThrow("image 1: element 0 of the image is NaN.");
  await expect(model.caption([of([2, 2, 3, 4])])).rejects.toThrow("expected an image of shape [rows,columns,channels]");
  await expect(
    CaptionData.create([image, { ...image, image: of([6, 4]), name: "other", places: ["captions.tsv, line 2"] }], {
      tokenizer,
    }),
  ).rejects.toThrow(
    "other: expected an image of 2 x 3 x 4 (rows x columns x channels), got 1 x 6 x 4: all must be of one size.",
  );
  await expect(model.evaluate([{ ...image, captions: [] }])).rejects.toThrow("to have captions, a list of texts");
  await expect(
    CaptionData.create([{ ...image, captions: ["a dog above the cat below"], places: ["captions.tsv, line 7"] }], {
      tokenizer,
      maximumLength: 4,
    }),
  ).rejects.toThrow("captions.tsv, line 7: the caption has 6 tokens, and at most 4 are allowed.");
  const captioned7 = (caption: string) =>
    CaptionData.create([{ ...image, captions: [caption], places: ["captions.tsv, line 7"] }], { tokenizer });
  await expect(captioned7("")).rejects.toThrow("captions.tsv, line 7: the caption has no tokens.");
  await expect(captioned7("a dog <eos>")).rejects.toThrow(
    "captions.tsv, line 7: the caption holds <eos>, the token that ends a caption. Take it out.",
  );
});

test("data that another tokenizer made, or of images of another size, is refused before a step", async () => {
  const model = await captioner(native);
  const other = await captioner(native, { columns: 2 });
  const data = await CaptionData.create(captioned(3), { tokenizer });
  const step = (own: ImageCaptioner) => new Trainer(own, { data, epochs: 1 }).run();
  await expect(step(other)).rejects.toThrow("the model reads images of 2 x 2 x 4, and the data has 2 x 3 x 4.");
  expect((await step(model)).step).toBe(1);
});

test("the first vectors of regions grow evenly from one end of the grid to the other, around 0", () => {
  // Direction 1 down and 10 across: the corners are 0.5 (±1 ± 10).
  const normal = [1, 10].values();
  const random = { normal: () => normal.next().value } as unknown as Parameters<Initializer>[1];
  const values = slopes({ rows: 2, columns: 3 })([6, 1, 1], random);
  expect([...values]).toEqual([-5.5, -0.5, 4.5, -4.5, 0.5, 5.5]);
});

test("regions may come as [S,channels]: of a square where S is one, else as one row; [channels] is one region", async () => {
  const model = await captioner(native, { rows: 3, columns: 3 });
  const values = Float32Array.from({ length: 36 }, (_, i) => Math.sin(i));
  const [a, b] = await model.caption([
    { shape: [9, 4], values },
    { shape: [3, 3, 4], values },
  ]);
  expect(a).toEqual(b);
  // A single row has no slope down, and a single region none at all.
  const line = await captioner(native, { rows: 1, columns: 6, positions: true });
  expect(await line.caption([{ shape: [6, 4], values: values.slice(0, 24) }])).toHaveLength(1);
  const one = await captioner(native, { rows: 1, columns: 1, positions: true });
  expect(await one.caption([{ shape: [4], values: values.slice(0, 4) }])).toHaveLength(1);
});
