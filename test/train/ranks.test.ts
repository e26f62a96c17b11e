import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/index.js";
import { memoryStream } from "../../lib/data/tokenStream.js";
import type { Communicator } from "../../lib/executor/communicator.js";
import type { Executor, Feeds } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { threadGroup } from "../../lib/executor/nativeCommunicator.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { FeedForwardLanguageModel } from "../../lib/models/feedForwardLanguageModel/feedForwardLanguageModel.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import type { LanguageModelForm } from "../../lib/models/textModel/data.js";
import { SentenceData, WindowData } from "../../lib/models/textModel/data.js";
import { constant } from "../../lib/nn/initializers.js";
import { learntParameters, Parameter } from "../../lib/nn/parameter.js";
import { rowsOfShare } from "../../lib/train/data.js";
import { firstFound } from "../../lib/train/divergence.js";
import { adam, sgd } from "../../lib/train/optimizers.js";
import { Ranks } from "../../lib/train/ranks.js";
import type { Reduction } from "../../lib/train/reduction.js";
import { expectCount, sumOverRanks, targetsOf, usualReduction } from "../../lib/train/reduction.js";
import { SharedData } from "../../lib/train/sharedData.js";
import type { Batch } from "../../lib/train/trainable.js";
import { Trainer } from "../../lib/train/trainer.js";
import type { TrainerOptions } from "../../lib/train/trainerOptions.js";

const text =
  "the quick brown fox jumps over the lazy dog.\na dog and a fox sit by the door, and it rains on both.\n".repeat(3);
const tokenizer = CharacterTokenizer.fromText(text);
const stream = memoryStream(tokenizer.encode(text), text.length, tokenizer);

const folders = await mkdtemp(join(tmpdir(), "ostinato-ranks-"));
afterAll(() => rm(folders, { recursive: true }));

type ModelOptions = { dropout?: number; sentences?: boolean; activationPenalty?: number; temporalPenalty?: number };

function modelOf(executor: Executor, options: ModelOptions = {}) {
  return LanguageModel.create({
    tokenizer,
    hiddenSize: 12,
    embeddingSize: 8,
    layers: 1,
    seed: 3,
    executor,
    ...options,
  });
}

type Options = Partial<TrainerOptions<never>>;
type TextModel = LanguageModel | FeedForwardLanguageModel;
type Make = (executor: Executor, options?: { dropout?: number }) => Promise<TextModel>;

/** Trains one model on each rank, as one. @returns the ranks' models and how the trainings ended. */
async function trained(
  size: number,
  data: () => Promise<WindowData | SentenceData>,
  {
    executor = nativeExecutor(),
    model: config = {},
    make = modelOf,
    ...options
  }: { executor?: Executor; model?: Parameters<typeof modelOf>[1]; make?: Make } & Options = {},
) {
  const group: (Communicator | undefined)[] = size > 1 ? await threadGroup(size) : [undefined];
  const losses: number[] = [];
  const models = await Promise.all(group.map(() => make(executor, config)));
  const ends = await Promise.allSettled(
    group.map(async (communicator, rank) => {
      const trainer = new Trainer(models[rank] as TextModel, {
        ...{ data: await data(), epochs: 1, optimizer: sgd({ learningRate: 0.5 }) },
        ...(options as object),
        ...(communicator ? { communicator } : {}),
      });
      if (rank === 0) trainer.on("step", ({ loss }) => losses.push(loss));
      return trainer.run();
    }),
  );
  await Promise.all(group.map((communicator) => communicator?.close()));
  return { models, ends, losses };
}

async function parametersOf(model: TextModel | undefined): Promise<Float32Array> {
  const all: number[] = [];
  for (const { name } of model?.parameters ?? []) all.push(...(await (model as TextModel).store.read(name)));
  return Float32Array.from(all);
}

const windows = async () => new WindowData(stream, { batchSize: 6, windowLength: 7 });
/** Sentences of 1 to 40 characters. */
const uneven = async () => {
  const lines = text.slice(0, 500).replaceAll(/(.{1,3}) (.{20}) /g, "$1\n$2\n");
  const own = memoryStream(tokenizer.encode(lines), lines.length, tokenizer);
  return SentenceData.create(own, { tokenizer, batchSize: 4 });
};
const sentences = async () => SentenceData.create(stream, { tokenizer, batchSize: 4 });

/** One process that adds the gradients of the ranks' rows, in their order, by programs of its own. */
async function summedByOne(size: number, steps: number): Promise<Float32Array> {
  const models = await Promise.all(Array.from({ length: size }, () => modelOf(nativeExecutor())));
  const batches = await Promise.all(
    models.map(async (model, rank) => new SharedData(await windows(), model, { rank, size }).batches(0)),
  );
  for (let step = 0; step < steps; step++) {
    const sums: Record<string, Float32Array> = {};
    for (const [rank, model] of models.entries()) {
      const batch = (await batches[rank]?.next())?.value as Batch<LanguageModelForm>;
      const graph = new Graph({ training: true });
      const { losses, carried } = model.recordLoss(graph, batch.form);
      const parameters = learntParameters(model);
      const mean = ops.divide(ops.sum(losses), graph.scalar("count of all"));
      const weights = parameters.map((parameter) => parameter.in(graph));
      for (const [i, gradient] of differentiate(mean, weights).entries()) graph.output(`${i}`, gradient);
      for (const { variable, value } of carried) ops.assign(variable, value, graph.zeros([]));
      const own = model.executor.compile(graph.program(), model.store);
      const { outputs } = await own.run({ ...(batch.feeds as Feeds), "count of all": batch.tokens });
      for (const [i, values] of Object.entries(outputs)) {
        const sum = sums[i];
        sums[i] = sum ? sum.map((x, k) => x + (values[k] as number)) : (values as Float32Array);
      }
    }
    for (const model of models) {
      const graph = new Graph();
      const parameters = learntParameters(model);
      const gradients = parameters.map(({ shape }, i) => graph.feed(`${i}`, "f32", shape));
      const { norm } = ops.globalNorm(gradients);
      const scale = ops.clipScale(norm, graph.scalar("clipNorm"));
      for (const [i, gradient] of gradients.entries()) {
        const weight = parameters[i]?.in(graph) as Tensor;
        const scalars = { scale, learningRate: graph.scalar("learningRate") };
        const plain = { ids: null, velocity: null, momentum: 0, nesterov: false, weightDecay: 0 };
        ops.sgd({ weight, gradient, ...scalars, ...plain });
      }
      graph.output("norm", norm);
      await model.executor.compile(graph.program(), model.store).run({ ...sums, clipNorm: 5, learningRate: 0.5 });
    }
  }
  return parametersOf(models[0]);
}

for (const size of [2, 3, 4]) {
  test(`${size} ranks give the bits of one process that adds their parts in the same order`, async () => {
    const { models, ends } = await trained(size, windows);
    const [end] = ends;
    expect(end).toMatchObject({ status: "fulfilled", value: { reason: "finished" } });
    const { step } = (end as PromiseFulfilledResult<{ step: number }>).value;
    expect(step).toBeGreaterThan(5);
    const wanted = await summedByOne(size, step);
    for (const model of models) expect(await parametersOf(model)).toEqual(wanted);
  });
}

/** Largest difference, of values of size 1. */
function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number))), 0);
}

test("dropout draws by the place in the whole batch: any number of ranks trains as one process does, but for rounding", async () => {
  for (const [name, executor] of Object.entries({ native: nativeExecutor(), reference: new ReferenceExecutor() })) {
    const options = { executor, model: { dropout: 0.3 }, maximumSteps: 6 };
    const one = await trained(1, windows, options);
    for (const size of [2, 3]) {
      const several = await trained(size, windows, options);
      expect(distance(await parametersOf(several.models[0]), await parametersOf(one.models[0])), name).toBeLessThan(
        1e-5,
      );
      for (const [i, loss] of several.losses.entries()) expect(loss).toBeCloseTo(one.losses[i] as number, 5);
    }
    const other = await trained(1, windows, { ...options, seed: 2 } as never);
    expect(distance(await parametersOf(other.models[0]), await parametersOf(one.models[0]))).toBeGreaterThan(1e-3);
  }
});

test("dropout of a feed-forward model, whose tensors have no time of their own, draws by the place in the whole batch, too", async () => {
  const make: Make = (executor) =>
    FeedForwardLanguageModel.create({
      tokenizer,
      order: 3,
      hiddenSize: 12,
      embeddingSize: 8,
      dropout: 0.3,
      seed: 3,
      executor,
    });
  const [one, several] = [await trained(1, windows, { make }), await trained(3, windows, { make })];
  expect(several.ends.map(({ status }) => status)).toEqual(Array(3).fill("fulfilled"));
  expect(distance(await parametersOf(several.models[0]), await parametersOf(one.models[0]))).toBeLessThan(1e-5);
});

test.each(["peephole-lstm", "indrnn", "mingru"])(
  "a %s, whose steps are a loop or a scan of vectors, trains on ranks as in one process, but for rounding",
  async (cell) => {
    const make: Make = (executor) =>
      LanguageModel.create({
        ...{ tokenizer, cell, hiddenSize: 6, embeddingSize: 5, layers: 2, seed: 3, executor },
      } as never);
    const options = { make, maximumSteps: 6, bucketMegabytes: 1e-4 };
    const [one, several] = [await trained(1, windows, options), await trained(2, windows, options)];
    expect(distance(await parametersOf(several.models[0]), await parametersOf(one.models[0]))).toBeLessThan(1e-5);
    expect(await parametersOf(several.models[1])).toEqual(await parametersOf(several.models[0]));
  },
);

test("batches with fewer rows than ranks, sums over time and Adam: as one process, but for rounding", async () => {
  const options = { model: { sentences: true }, epochs: 2, optimizer: adam(), reduction: "sequence" } as const;
  const one = await trained(1, sentences, options);
  const several = await trained(4, sentences, options);
  expect(several.ends.map(({ status }) => status)).toEqual(Array(4).fill("fulfilled"));
  for (const [i, loss] of several.losses.entries()) expect(loss).toBeCloseTo(one.losses[i] as number, 4);
  const [first, ...others] = await Promise.all(several.models.map(parametersOf));
  for (const other of others) expect(other).toEqual(first);
});

test("penalties of activations are means over the whole batch, of which some ranks have more tokens than others", async () => {
  const model = { sentences: true, activationPenalty: 2, temporalPenalty: 1 };
  const [one, two] = [await trained(1, uneven, { model }), await trained(2, uneven, { model })];
  expect(distance(await parametersOf(two.models[0]), await parametersOf(one.models[0]))).toBeLessThan(1e-5);
});

test("ranks that do not train the same model, on the same data, in the same way are refused, on all of them", async () => {
  const other = memoryStream(tokenizer.encode(text.replaceAll("fox", "dog")), text.length, tokenizer);
  const unlike: [string, { hiddenSize?: number; stream?: typeof stream } & Options][] = [
    ["parameter embedding.weight f32", { hiddenSize: 13 }],
    ["data digest", { stream: other }],
    ["folder one, and rank 0 has folder none", { folder: join(folders, "unlike") }],
    ["buckets of 1 MB, compress bfloat16, and", { bucketMegabytes: 1, compress: "bfloat16" }],
    ["updates in all 3, and rank 0 has updates in all", { maximumSteps: 3 }],
    ['optimizer sgd {"learningRate":1', { optimizer: sgd({ learningRate: 1 }) }],
    ["validation every 2, and rank 0 has validation every 0", { validateEvery: 2 }],
    ["patience 3, and rank 0 has patience 0", { patience: 3 }],
    ["outer step every 2 local steps", { localSteps: 2 }],
  ];
  for (const [part, { hiddenSize = 12, stream: own = stream, ...options }] of unlike) {
    const group = await threadGroup(2);
    const ends = await Promise.allSettled(
      group.map(async (communicator, rank) => {
        const [size, read] = rank === 1 ? [hiddenSize, own] : [12, stream];
        const model = await LanguageModel.create({ tokenizer, hiddenSize: size, executor: nativeExecutor() });
        const data = new WindowData(read, { batchSize: 6, windowLength: 7 });
        const validation = new WindowData(stream, { batchSize: 6, windowLength: 7, role: "validate" });
        const usual = { data, validation, epochs: 1, optimizer: sgd({ learningRate: 0.5 }), communicator };
        return new Trainer(model, { ...usual, ...(rank === 1 ? (options as object) : {}) }).run();
      }),
    );
    for (const { reason } of ends as PromiseRejectedResult[]) expect(reason.message).toContain(`rank 1 has ${part}`);
    await Promise.all(group.map((communicator) => communicator.close()));
  }
});

test("ranks whose executors round otherwise, or of which one has a parameter more, are refused with what helps", async () => {
  const refused = async (modelOfRank: (rank: number) => Promise<LanguageModel>, message: string) => {
    const group = await threadGroup(2);
    const ends = await Promise.allSettled(
      group.map(async (communicator, rank) =>
        new Trainer(await modelOfRank(rank), { data: await windows(), epochs: 1, communicator }).run(),
      ),
    );
    const messages = (ends as PromiseRejectedResult[]).map(({ reason }) => reason.message);
    for (const own of messages) expect(own).toContain(message);
    await Promise.all(group.map((communicator) => communicator.close()));
  };
  const executors: readonly Executor[] = [nativeExecutor(), new ReferenceExecutor()];
  const [own, other] = executors.map((executor) => executor.rounding ?? executor.name);
  const all = "Ranks train one model together: all need the same model, data and options.";
  await refused(
    (rank) => modelOf(executors[rank] as Executor),
    `Trainer: rank 1 has arithmetic by ${other}, and rank 0 has arithmetic by ${own}. ${all}` +
      " OSTINATO_KERNELS chooses kernels that every CPU has; `ostinato info` names them.",
  );
  await refused(
    (rank) => LanguageModel.create({ tokenizer, hiddenSize: 4, tied: rank === 1, executor: nativeExecutor() }),
    `Trainer: rank 1 has parameter output.weight none, and rank 0 has parameter output.weight f32[${tokenizer.size},4]. ${all}`,
  );
});

test("a step that diverges in the rows of one rank ends all with the layer that this rank found", async () => {
  const group = await threadGroup(2);
  const ends = await Promise.allSettled(
    group.map(async (communicator, rank) => {
      const model = await modelOf(nativeExecutor());
      const { name } = model.network.output.weight;
      const trainer = new Trainer(model, { data: await windows(), epochs: 5, communicator });
      trainer.on("step", async ({ step }) => {
        if (rank === 1 && step === 2) await model.store.write(name, (await model.store.read(name)).fill(Number.NaN));
      });
      return trainer.run();
    }),
  );
  const messages = (ends as PromiseRejectedResult[]).map(({ reason }) => reason.message);
  for (const message of messages) expect(message).toMatch(/Training diverged at step \d: .* in layer "output"\./);
  await Promise.all(group.map((communicator) => communicator.close()));
});

test("a validation that stays infinite is found where a rank has no rows of it, too", async () => {
  const group = await threadGroup(3);
  const ends = await Promise.allSettled(
    group.map(async (communicator) => {
      const model = await modelOf(nativeExecutor(), { sentences: true });
      const two = await SentenceData.create(memoryStream(tokenizer.encode(text.slice(0, 100)), 100, tokenizer), {
        ...{ tokenizer, batchSize: 2, role: "validate" },
      });
      const { name } = model.network.output.weight;
      const validation = {
        ...{ length: two.length, role: "validate", divisible: true },
        async *batches() {
          const values = await model.store.read(name);
          await model.store.write(name, values.map(() => Number.NaN) as Float32Array);
          try {
            yield* two.batches(0);
          } finally {
            await model.store.write(name, values);
          }
        },
      };
      const options = { data: await sentences(), validation: validation as never, epochs: 1, communicator };
      return new Trainer(model, options).run();
    }),
  );
  const messages = (ends as PromiseRejectedResult[]).map(({ reason }) => reason.message);
  for (const message of messages) expect(message).toContain("the validation loss was not finite");
  await Promise.all(group.map((communicator) => communicator.close()));
});

test("buckets of any size give the same bits; rounded to bfloat16, gradients lead all ranks to the same parameters, near those of others", async () => {
  const wanted = await parametersOf((await trained(2, windows)).models[0]);
  const small = await trained(2, windows, { bucketMegabytes: 1e-4 });
  expect(await parametersOf(small.models[0])).toEqual(wanted);
  const [first, second] = await Promise.all(
    (await trained(2, windows, { compress: "bfloat16" })).models.map(parametersOf),
  );
  expect(second).toEqual(first);
  const away = distance(first as Float32Array, wanted);
  expect(away).toBeGreaterThan(1e-5);
  expect(away).toBeLessThan(1e-2);
});

test("a table that fills a bucket is sent as rows, where a rank has none, too: the same bits as the whole table", async () => {
  // 200 letters, of which a batch has few.
  const letters = Array.from({ length: 220 }, (_, i) => String.fromCharCode(0x4e00 + ((i * 7919) % 200))).join("");
  const lines = letters.replaceAll(/(.{9})/g, "$1\n");
  const wide = CharacterTokenizer.fromText(lines);
  const data = () =>
    SentenceData.create(memoryStream(wide.encode(lines), lines.length, wide), { tokenizer: wide, batchSize: 2 });
  const make: Make = (executor) =>
    LanguageModel.create({ tokenizer: wide, hiddenSize: 6, embeddingSize: 8, sentences: true, seed: 3, executor });
  for (const optimizer of [sgd({ learningRate: 0.5 }), adam()]) {
    const whole = await trained(3, data, { make, optimizer, bucketMegabytes: 1 });
    const rows = await trained(3, data, { make, optimizer, bucketMegabytes: 0.001 });
    expect(rows.ends[2]).toMatchObject({ status: "fulfilled" });
    for (const model of rows.models) expect(await parametersOf(model)).toEqual(await parametersOf(whole.models[0]));
  }
});

test("rows are those of a table that fills a bucket, and single numbers of what top-k leaves", () => {
  const widths = (reduction?: Partial<Reduction>) => {
    const graph = new Graph();
    const parameters = [
      new Parameter("table", [50, 4, 2], constant(0), { table: true }),
      new Parameter("weight", [4, 2], constant(0)),
      new Parameter("bias", [2], constant(0)),
    ];
    const gradients = parameters.map(({ name, shape }) => graph.feed(name, "f32", shape));
    const { gradients: sums } = sumOverRanks(
      graph,
      { gradients, parameters, last: [] },
      reduction && { ...usualReduction, ...reduction },
    );
    for (const [i, sum] of sums.entries()) graph.output(`${i}`, sum);
    return graph
      .program()
      .ops.filter(({ name }) => name === "allReduce")
      .map(({ attributes }) => attributes);
  };
  // Attributes bfloat16 and width, in the order of sending: a row of the table has 4 x 2 numbers.
  for (const usual of [{}, undefined]) expect(widths(usual)).toEqual([[0, 0]]);
  expect(widths({ bucketMegabytes: 0.0005 })).toEqual([
    [0, 0],
    [0, 8],
  ]);
  expect(widths({ compress: "top-k" })).toEqual([
    [0, 1],
    [0, 0],
  ]);
});

test("the simulation of costs has the buckets of a training", async () => {
  const simulation = "../../bench/ranks/simulation.mjs";
  const { bucketsOf } = (await import(simulation)) as {
    bucketsOf: (sizes: object, bytes: number, rounded: boolean) => { numbers: number; rows?: object }[];
  };
  const wide = CharacterTokenizer.fromText(
    Array.from({ length: 300 }, (_, i) => String.fromCodePoint(500 + i)).join(""),
  );
  const sizes = { V: wide.size, E: 20, H: 24, layers: 2 };
  const executor = new ReferenceExecutor();
  const model = await LanguageModel.create({ tokenizer: wide, embeddingSize: 20, hiddenSize: 24, layers: 2, executor });
  for (const [bucketMegabytes, compress] of [
    [0.01, "none"],
    [0.01, "bfloat16"],
    [1, "none"],
  ] as const) {
    const graph = new Graph();
    const { parameters } = model;
    const gradients = parameters.map(({ name, shape }) => graph.feed(name, "f32", shape));
    const last = ["total", "count", "stop", "checkpoint"].map((name) => graph.feed(name, "f32", []));
    const reduction = { ...usualReduction, bucketMegabytes, compress };
    const sums = sumOverRanks(graph, { gradients, parameters, last }, reduction);
    for (const [i, sum] of [...sums.gradients, ...sums.last].entries()) graph.output(`${i}`, sum);
    const { ops: all, values } = graph.program();
    const sent = all
      .filter(({ name }) => name === "allReduce")
      .map(({ results }) => values[results[0] as number]?.shape[0]);
    const expected = bucketsOf({ ...sizes, B: 4, T: 5 }, bucketMegabytes * 2 ** 20, compress === "bfloat16");
    expect(expected.map(({ numbers }) => numbers)).toEqual(sent);
  }
});

test("validation is shared out and merged, and all ranks end with the best parameters", async () => {
  const validation = new WindowData(stream, { batchSize: 5, windowLength: 9, role: "validate" });
  const options = { epochs: 3, validation } as object;
  const [one, several] = [await trained(1, windows, options), await trained(3, windows, options)];
  const loss = (end: unknown) => (end as PromiseFulfilledResult<{ bestLoss: number }>).value.bestLoss;
  expect(loss(several.ends[0])).toBeCloseTo(loss(one.ends[0]), 4);
  const [first, ...others] = await Promise.all(several.models.map(parametersOf));
  for (const other of others) expect(other).toEqual(first);
});

test("a training goes on with another number of ranks, and with the same number to the same bits", async () => {
  const folder = (name: string) => join(folders, name);
  const unbroken = await trained(2, windows, { folder: folder("unbroken"), epochs: 2 });
  const wanted = await parametersOf(unbroken.models[0]);
  for (const [name, size] of [
    ["again", 2],
    ["three", 3],
    ["alone", 1],
  ] as const) {
    await trained(2, windows, { folder: folder(name), epochs: 2, maximumSteps: 9 });
    const { models, ends } = await trained(size, windows, { folder: folder(name), epochs: 2, resume: true });
    expect(ends[0]).toMatchObject({ status: "fulfilled" });
    const reached = await parametersOf(models[0]);
    if (size === 2) expect(reached).toEqual(wanted);
    else expect(distance(reached, wanted)).toBeLessThan(1e-5);
  }
});

test("a checkpoint has the rows of all ranks in their order, of which each gets its own back", async () => {
  expect([0, 1, 2].map((rank) => rowsOfShare(5, { rank, size: 3 }))).toEqual([
    { first: 0, end: 2 },
    { first: 2, end: 4 },
    { first: 4, end: 5 },
  ]);
  const group = await threadGroup(2);
  const rows = [
    [1, 2, 3, 4],
    [5, 6],
  ];
  await Promise.all(
    group.map(async (communicator, rank) => {
      const ranks = new Ranks(communicator);
      const own = rows[rank] as number[];
      const variables = [
        { name: "w", dtype: "f32", shape: [1], values: Float32Array.of(rank) },
        { name: "state/h", dtype: "f32", shape: [own.length / 2, 2], values: Float32Array.from(own) },
        {
          name: "state/ids",
          dtype: "i32",
          shape: [own.length / 2],
          values: Int32Array.from(own.slice(own.length / 2)),
        },
      ] as const;
      const joined = await ranks.join([...variables]);
      expect(joined).toEqual([
        variables[0],
        { name: "state/h", dtype: "f32", shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
        { name: "state/ids", dtype: "i32", shape: [3], values: Int32Array.of(3, 4, 6) },
      ]);
      expect(ranks.own(joined, { parameters: [], residuals: false })).toEqual(variables);
      expect([ranks.alone, ranks.first]).toEqual([false, rank === 0]);
      // The first rank alone does the work.
      let works = 0;
      expect(await ranks.fromFirst(async () => ({ rank, works: ++works }))).toEqual({ rank: 0, works: 1 });
      expect(works).toBe(rank === 0 ? 1 : 0);
      expect(await firstFound(rank === 0 ? null : { layer: `${rank}` }, communicator)).toEqual({ layer: "1" });
      expect(await firstFound(null, communicator)).toBeNull();
    }),
  );
  await Promise.all(group.map((communicator) => communicator.close()));
  expect(new Ranks({ ...(group[0] as Communicator), size: 1 }).alone).toBe(true);
  const alone = new Ranks(undefined);
  expect([alone.alone, alone.first, await alone.fromFirst(async () => 5)]).toEqual([true, true, 5]);
  const one = [{ name: "state/h", dtype: "f32", shape: [1, 2], values: Float32Array.of(1, 2) }] as const;
  expect(await alone.join([...one])).toEqual(one);
  expect(alone.own(one, { parameters: [], residuals: true })).toEqual(one);
});

test("a wish to stop on any rank stops all after the same step", async () => {
  const group = await threadGroup(2);
  const [stopping, going] = [new AbortController(), new AbortController()];
  const ends = await Promise.all(
    group.map(async (communicator, rank) => {
      const model = await modelOf(nativeExecutor());
      const trainer = new Trainer(model, { data: await windows(), epochs: 50, communicator });
      if (rank === 1) trainer.on("step", ({ step }) => step === 5 && stopping.abort());
      return trainer.run({ signal: (rank === 1 ? stopping : going).signal });
    }),
  );
  for (const end of ends) expect(end).toMatchObject({ reason: "stopped", step: 6 });
  await Promise.all(group.map((communicator) => communicator.close()));
});

test.each([
  ["an error", new Error("the disk is full")],
  ["a text that is thrown", "the disk is full"],
])("%s on one rank ends the others with its reason, its rank and its last step", async (_, reason) => {
  const group = await threadGroup(2);
  const ends = await Promise.allSettled(
    group.map(async (communicator, rank) => {
      const model = await modelOf(nativeExecutor());
      const trainer = new Trainer(model, { data: await windows(), epochs: 5, communicator });
      trainer.on("step", ({ step }) => {
        if (rank === 1 && step === 3) throw reason;
      });
      return trainer.run();
    }),
  );
  expect(ends[1]).toEqual({ status: "rejected", reason });
  expect(ends[0]).toMatchObject({
    reason: {
      code: "ERR_OSTINATO_COMMUNICATION",
      message: expect.stringContaining("rank 1 ended after step 3: the disk is full"),
    },
  });
  await Promise.all(group.map((communicator) => communicator.close()));
});

test("a rank gets its rows of each feed along the axis that grows with them, and counts what is unknown once for all", async () => {
  const trainings: boolean[] = [];
  const model = {
    recordLoss: (graph: Graph, { B }: { B: number }) => {
      trainings.push(graph.training);
      graph.feed("x", "f32", [2, B, 3]);
      graph.feed("ids", "i32", [B]);
      graph.feed("all", "f32", [4]);
    },
  } as never;
  const x = Float32Array.from({ length: 18 }, (_, i) => i);
  const feeds = { x, ids: Int32Array.of(7, 8, 9), all: Float32Array.of(1, 2, 3, 4), rate: 0.5 };
  const whole = { form: { B: 3, T: 2 }, feeds, tokens: 6, unknown: 4 };
  const asked: unknown[] = [];
  const about = { length: 2, role: "train", divisible: true, identity: "3 x 2", characters: 12 } as const;
  const data = {
    ...about,
    digest: async () => "abc",
    batches: (...place: number[]) => {
      asked.push(place);
      return [whole, { ...whole, unknown: undefined }, { ...whole, form: { B: 1, T: 2 } }] as never;
    },
  };
  const read = async (rank: number, apart?: boolean) => {
    const own = new SharedData<{ B: number }>(data, model, {
      rank,
      size: 2,
      ...(apart === undefined ? {} : { apart }),
    });
    const { divisible, ...same } = about;
    expect(own).toMatchObject(same);
    expect(await own.digest?.()).toBe("abc");
    const batches: Batch<{ B: number }>[] = [];
    for await (const batch of own.batches(3, 1)) batches.push(batch);
    return batches;
  };
  const [first, second] = [await read(0), await read(1, true)];
  const partsOf = ({ form, feeds: own, rows, unknown, tokens }: Batch<{ B: number }>) => {
    return { form, feeds: own, rows, unknown, tokens };
  };
  expect(partsOf(first[0] as never)).toEqual({
    form: { B: 2, T: 2 },
    feeds: {
      ...feeds,
      x: Float32Array.of(...x.slice(0, 6), ...x.slice(9, 15)),
      ids: Int32Array.of(7, 8),
    },
    rows: { first: 0, of: 3 },
    unknown: 4,
    tokens: 6,
  });
  expect(partsOf(second[0] as never)).toEqual({
    form: { B: 1, T: 2 },
    feeds: { ...feeds, x: Float32Array.of(6, 7, 8, 15, 16, 17), ids: Int32Array.of(9) },
    rows: { first: 2, of: 3, apart: true },
    unknown: 0,
    tokens: 6,
  });
  expect([first[1]?.unknown, second[1]?.unknown]).toEqual([undefined, undefined]);
  expect([first[2]?.rows, second[2]?.rows]).toEqual([
    { first: 0, of: 1 },
    { first: 1, of: 1, apart: true },
  ]);
  expect([first[2]?.form, second[2]?.form]).toEqual([
    { B: 1, T: 2 },
    { B: 0, T: 2 },
  ]);
  expect(asked).toEqual([
    [3, 1],
    [3, 1],
  ]);
  // Two sizes for each of two forms, but of the batch of which the second rank has nothing.
  expect(trainings).toEqual(Array(6).fill(true));
  const bare = new SharedData({ length: 1, divisible: true, batches: () => [] }, model, { rank: 0, size: 2 });
  expect([bare.identity, bare.role, bare.characters, bare.digest]).toEqual(Array(4).fill(undefined));
});

test("data whose rows depend on each other is refused", async () => {
  const [communicator, other] = await threadGroup(2);
  const model = await modelOf(nativeExecutor());
  const { length, batches } = await windows();
  expect(
    () => new Trainer(model, { data: { length, batches } as never, communicator: communicator as Communicator }),
  ).toThrow("cannot be shared");
  await Promise.all([communicator, other].map((one) => one?.close()));
});

test("the targets that a model counts are those of the data: by their weights where it has some, also where all are 0", () => {
  const batch = { form: {}, feeds: {}, tokens: 5 };
  expectCount(5, targetsOf(batch));
  expectCount(2.5, targetsOf({ ...batch, count: 2.5 }));
  expectCount(0, targetsOf({ ...batch, count: 0 }));
  expect(() => expectCount(4, 5)).toThrow("has 5 targets, and the model has counted 4");
  expect(() => expectCount(5, 0)).toThrow("has 0 targets");
});
