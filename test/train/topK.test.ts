import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/index.js";
import { memoryStream } from "../../lib/data/tokenStream.js";
import type { Communicator } from "../../lib/executor/communicator.js";
import type { Feeds } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { threadGroup } from "../../lib/executor/nativeCommunicator.js";
import { loadTrainerState } from "../../lib/formats/index.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import type { LanguageModelForm } from "../../lib/models/textModel/data.js";
import { SentenceData, WindowData } from "../../lib/models/textModel/data.js";
import { learntParameters } from "../../lib/nn/parameter.js";
import { adam, sgd } from "../../lib/train/optimizers.js";
import { usualReduction } from "../../lib/train/reduction.js";
import { ownResiduals } from "../../lib/train/residuals.js";
import { SharedData } from "../../lib/train/sharedData.js";
import { TrainingStep } from "../../lib/train/step.js";
import type { Batch } from "../../lib/train/trainable.js";
import { Trainer } from "../../lib/train/trainer.js";
import type { TrainerOptions } from "../../lib/train/trainerOptions.js";

/** Sentences of a few words in the orders that English has. */
const text = Array.from({ length: 200 }, (_, i) => {
  const [who, does, whom] = [
    ["dog", "cat", "old man", "girl"],
    ["sees", "likes", "follows"],
    ["bird", "house", "river"],
  ];
  const one = (words: readonly string[] = [], step = 1) => words[(i * i * step + i) % words.length];
  return `The ${one(who)} ${one(does, 3)} the ${one(whom, 7)}${i % 3 === 0 ? " again" : ""}.\n`;
}).join("");
const tokenizer = CharacterTokenizer.fromText(text);
const streamOf = (own: string) => memoryStream(tokenizer.encode(own), own.length, tokenizer);
const stream = streamOf(text.slice(0, 1500));
const newModel = ({ sentences = false, hiddenSize = 12 } = {}) =>
  LanguageModel.create({ tokenizer, hiddenSize, embeddingSize: 12, seed: 3, sentences, executor: nativeExecutor() });
const windows = () => new WindowData(stream, { batchSize: 8, windowLength: 16 });

const folders = await mkdtemp(join(tmpdir(), "ostinato-top-k-"));
afterAll(() => rm(folders, { recursive: true }));
const folder = (name: string) => join(folders, name);

type Options = Partial<TrainerOptions<LanguageModelForm>>;

async function withRanks<R>(size: number, use: (group: (Communicator | undefined)[]) => Promise<R>): Promise<R> {
  const group = size > 1 ? await threadGroup(size) : [undefined];
  try {
    return await use(group);
  } finally {
    await Promise.all(group.map((communicator) => communicator?.close()));
  }
}

/** Trains one model on each rank, as one. @returns losses of the updates, and the parameters of each rank. */
async function trained(size: number, options: Options = {}, config: Parameters<typeof newModel>[0] = {}) {
  return withRanks(size, async (group) => {
    const losses: number[] = [];
    const all = await Promise.all(
      group.map(async (communicator, rank) => {
        const model = await newModel(config);
        const usual = { data: windows(), epochs: 1, optimizer: adam({ learningRate: 0.01 }), ...options };
        const trainer = new Trainer(model, { ...usual, ...(communicator ? { communicator } : {}) });
        if (rank === 0) trainer.on("step", ({ loss }) => losses.push(loss));
        await trainer.run();
        return valuesOf(model);
      }),
    );
    return { losses, all };
  });
}

async function valuesOf(model: LanguageModel, beginning = ""): Promise<Float32Array> {
  const parts: number[] = [];
  for (const { name, shape } of model.parameters) {
    if (beginning === "" || shape.length > 1) parts.push(...(await model.store.read(`${beginning}${name}`)));
  }
  return Float32Array.from(parts);
}

/** The numbers that are sent of a gradient and a residual, by sorting; the residual is changed. */
function sentOf(gradient: Float32Array, residual: Float32Array, share: number): Float32Array {
  for (const [i, value] of gradient.entries()) residual[i] = (residual[i] as number) + value;
  const size = (i: number) => Math.abs(residual[i] as number);
  const order = Array.from(residual.keys()).sort((a, b) => size(b) - size(a) || a - b);
  const sent = new Float32Array(residual.length);
  for (const i of order.slice(0, Math.ceil(share * residual.length))) {
    sent[i] = residual[i] as number;
    residual[i] = 0;
  }
  return sent;
}

/** Gradients of a rank's rows, by a program of their own. */
async function gradientsOf(model: LanguageModel, batch: Batch<LanguageModelForm>): Promise<Float32Array[]> {
  const graph = new Graph({ training: true });
  const { losses, carried } = model.recordLoss(graph, batch.form);
  const weights = learntParameters(model).map((parameter) => parameter.in(graph));
  const mean = ops.divide(ops.sum(losses), graph.scalar("targets of all"));
  for (const [i, gradient] of differentiate(mean, weights).entries()) graph.output(`${i}`, gradient);
  for (const { variable, value } of carried) ops.assign(variable, value);
  const { outputs } = await model.executor
    .compile(graph.program(), model.store)
    .run({ ...(batch.feeds as Feeds), "targets of all": batch.tokens });
  return weights.map((_, i) => outputs[i] as Float32Array);
}

async function update(model: LanguageModel, sums: readonly Float32Array[], learningRate: number): Promise<void> {
  const graph = new Graph();
  const parameters = learntParameters(model);
  const gradients = parameters.map(({ shape }, i) => graph.feed(`${i}`, "f32", shape));
  const scale = ops.clipScale(ops.globalNorm(gradients).norm, graph.zeros([]));
  for (const [i, gradient] of gradients.entries()) {
    const weight = parameters[i]?.in(graph) as Tensor;
    const plain = { ids: null, velocity: null, momentum: 0, nesterov: false, weightDecay: 0 };
    ops.sgd({ weight, gradient, scale, learningRate: graph.scalar("learningRate"), ...plain });
  }
  const feeds = Object.fromEntries(sums.map((sum, i) => [`${i}`, sum]));
  await model.executor.compile(graph.program(), model.store).run({ ...feeds, learningRate });
}

for (const size of [2, 4]) {
  test(`${size} ranks send what sorting finds largest, in the bits of one process; what is sent and what waits add up to all gradients`, async () => {
    const [share, steps, learningRate] = [0.03, 4, 0.3];
    const models = await Promise.all(Array.from({ length: size }, () => newModel()));
    const batchesOf = (model: LanguageModel, rank: number) =>
      new SharedData(windows(), model, { rank, size }).batches(0);
    const batches = models.map(batchesOf);
    const parameters = learntParameters(models[0] as LanguageModel);
    const residuals = models.map(() =>
      parameters.map(({ shape }) => new Float32Array(shape.reduce((n, d) => n * d, 1))),
    );
    const zeros = () => (residuals[0] as Float32Array[]).map(({ length }) => new Float64Array(length));
    const [allGradients, allSent] = [zeros(), zeros()];
    for (let step = 0; step < steps; step++) {
      const sums: Float32Array[] = [];
      for (const [rank, model] of models.entries()) {
        const batch = (await batches[rank]?.next())?.value as Batch<LanguageModelForm>;
        for (const [i, gradient] of (await gradientsOf(model, batch)).entries()) {
          const isMatrix = (parameters[i]?.shape.length ?? 0) > 1;
          const own = isMatrix ? sentOf(gradient, residuals[rank]?.[i] as Float32Array, share) : gradient;
          const sum = sums[i];
          sums[i] = sum ? sum.map((x, j) => x + (own[j] as number)) : own;
          for (const [j, x] of gradient.entries()) (allGradients[i] as Float64Array)[j]! += x;
          for (const [j, x] of own.entries()) (allSent[i] as Float64Array)[j]! += x;
        }
      }
      for (const model of models) await update(model, sums, learningRate);
    }
    const waiting = (i: number, j: number) =>
      residuals.reduce((sum, own) => sum + ((own[i] as Float32Array)[j] as number), 0);
    for (const [i, all] of allGradients.entries()) {
      for (const [j, x] of all.entries()) expect((allSent[i]?.[j] as number) + waiting(i, j)).toBeCloseTo(x, 6);
    }

    await withRanks(size, async (group) => {
      await Promise.all(
        group.map(async (communicator, rank) => {
          const model = await newModel();
          const reduced = { ...usualReduction, compress: "top-k", compressShare: share } as const;
          const rule = { optimizer: sgd({ learningRate }), clipNorm: 0, clipValue: 0, reduction: "token" } as const;
          const own = new TrainingStep(model, { ...rule, communicator, reduced });
          const data = batchesOf(model, rank);
          for (let step = 1; step <= steps; step++) {
            await own.run((await data.next()).value as Batch<LanguageModelForm>, { learningRate, step, seed: 1 });
          }
          expect(await valuesOf(model)).toEqual(await valuesOf(models[0] as LanguageModel));
          const matrices = parameters.flatMap(({ shape }, i) => (shape.length > 1 ? [residuals[rank]?.[i]] : []));
          const wanted = Float32Array.from(matrices.flatMap((values) => [...(values as Float32Array)]));
          expect(await valuesOf(model, "residual/")).toEqual(wanted);
        }),
      );
    });
  });
}

test("a share of 1 gives the bits of a training without compression", async () => {
  const options = { epochs: 2, optimizer: adam({ learningRate: 0.01 }) };
  for (const size of [1, 2, 4]) {
    const whole = await trained(size, options);
    const share = await trained(size, { ...options, compress: "top-k", compressShare: 1 });
    expect(share.all).toEqual(whole.all);
    expect(share.losses).toEqual(whole.losses);
  }
});

test("with a hundredth of each gradient a text is learnt about as well, by any number of ranks, all with the same bits", async () => {
  const last = ({ losses }: { losses: number[] }) => {
    const own = losses.slice(-20);
    return own.reduce((sum, loss) => sum + loss, 0) / own.length;
  };
  const data = new WindowData(streamOf(text), { batchSize: 8, windowLength: 16 });
  const options: Options = { data, epochs: 10 };
  const config = { hiddenSize: 32 };
  const whole = await trained(2, options, config);
  const learnt = (whole.losses[0] as number) - last(whole);
  expect(learnt).toBeGreaterThan(2);
  for (const size of [2, 4]) {
    const own = await trained(size, { ...options, compress: "top-k" }, config);
    expect(last(own)).toBeLessThan(last(whole) + learnt / 10);
    for (const values of own.all) expect(values).toEqual(own.all[0]);
  }
});

test("a training goes on in the bits of an unbroken one; with other ranks no residual is lost, and alone they are left out", async () => {
  const options: Options = { epochs: 2, compress: "top-k", compressShare: 0.05 };
  const unbroken = await trained(3, { ...options, folder: folder("unbroken") });
  const residualsIn = async (name: string) => {
    const { tensors } = await loadTrainerState(folder(name));
    const sums = new Map<string, number>();
    for (const { name, values } of tensors) {
      const [, rank, parameter] = /^residual\/(\d)\/(.*)/.exec(name) ?? [];
      if (rank === undefined) continue;
      const sum = (values as Float32Array).reduce((all, x) => all + x, 0);
      sums.set(`${parameter}`, (sums.get(`${parameter}`) ?? 0) + sum);
    }
    return { sums, ranks: new Set(tensors.flatMap(({ name }) => /^residual\/(\d)/.exec(name)?.[1] ?? [])).size };
  };
  for (const size of [2, 4, 1]) {
    const name = `goes on with ${size}`;
    await trained(3, { ...options, folder: folder(name), maximumSteps: 9 });
    const before = await residualsIn(name);
    expect(before.ranks).toBe(3);
    // No update is left to be made: what is written is what was read.
    await trained(size, { ...options, folder: folder(name), maximumSteps: 9, resume: true });
    const after = await residualsIn(name);
    expect(after.ranks).toBe(size === 1 ? 0 : size);
    for (const [parameter, sum] of after.sums) expect(sum).toBeCloseTo(before.sums.get(parameter) as number, 4);
  }
  await trained(3, { ...options, folder: folder("again"), maximumSteps: 9 });
  const again = await trained(3, { ...options, folder: folder("again"), resume: true });
  expect(again.all).toEqual(unbroken.all);
  const { sums } = await residualsIn("again");
  expect(sums.size).toBeGreaterThan(2);
  const whole = await trained(3, { epochs: 3, folder: folder("again"), resume: true });
  expect((await residualsIn("again")).ranks).toBe(0);
  expect(whole.all[1]).toEqual(whole.all[0]);
});

test("batches that are added up, and batches with fewer rows than ranks, go with it; a second training begins without residuals", async () => {
  const data = await SentenceData.create(stream, { tokenizer, batchSize: 3 });
  const options: Options = { data, epochs: 2, accumulate: 2, compress: "top-k", compressShare: 0.1 };
  const { losses, all } = await trained(4, options, { sentences: true });
  expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  for (const values of all) expect(values).toEqual(all[0]);
  await withRanks(2, async (group) => {
    const models = await Promise.all(group.map(() => newModel()));
    const start = await valuesOf(models[0] as LanguageModel);
    const run = () =>
      Promise.all(
        group.map(async (communicator, rank) => {
          const model = models[rank] as LanguageModel;
          let begin = 0;
          for (const { name } of model.parameters) {
            const { length } = await model.store.read(name);
            await model.store.write(name, start.slice(begin, begin + length));
            begin += length;
          }
          const own = { data: windows(), epochs: 1, compress: "top-k", communicator } as never;
          await new Trainer(model, own).run();
          return valuesOf(model);
        }),
      );
    expect(await run()).toEqual(await run());
  });
});

test("options that do not go together, and ranks with unlike shares, are refused", async () => {
  const model = await newModel();
  const refused = (options: Options) => () => new Trainer(model, { data: windows(), ...options });
  expect(refused({ compress: "top-k", localSteps: 4 })).toThrow(
    /localSteps .* compress top-k .* leave one of them out/,
  );
  expect(refused({ compressShare: 0.1 })).toThrow("compressShare needs compress top-k, got none");
  expect(refused({ compress: "top-k", compressShare: 0 })).toThrow("compressShare");
  const ends = await withRanks(2, (group) =>
    Promise.allSettled(
      group.map(async (communicator, rank) => {
        const own = { data: windows(), compress: "top-k", compressShare: 0.1 + rank / 10, communicator };
        return new Trainer(await newModel(), own as never).run();
      }),
    ),
  );
  for (const { reason } of ends as PromiseRejectedResult[]) expect(reason.message).toContain("compress top-k of 0.2");
});

test("a checkpoint's residuals are shared out among the ranks there are, and one that fits no parameter is refused", () => {
  const own = { name: "residual/0/w", dtype: "f32", shape: [2, 2], values: new Float32Array(4) } as const;
  const parameters = [{ name: "w", shape: [2, 2] }];
  const place = { rank: 1, size: 2 };
  expect(ownResiduals([own], parameters, place)).toEqual([{ ...own, name: "residual/w" }]);
  // The second of three ranks has those of 1, 4, 7 and 10 of twelve; where nothing is sent later there are none.
  const other = { name: "w", dtype: "f32", shape: [2, 2], values: new Float32Array(4) } as const;
  const many = Array.from({ length: 12 }, (_, rank) => {
    return { ...own, name: `residual/${rank}/w`, values: Float32Array.of(2 ** rank, rank, 0, 1) };
  });
  const [kept, sum, ...none] = ownResiduals([...many, other], parameters, { rank: 1, size: 3 });
  expect([kept, none]).toEqual([other, []]);
  expect(sum).toEqual({ ...own, name: "residual/w", values: Float32Array.of(2 + 16 + 128 + 1024, 22, 0, 4) });
  expect(ownResiduals([...many, other], parameters, null)).toEqual([other]);
  const refused: [object, string][] = [
    [{ name: "residual/0/v" }, "expected no such parameter"],
    [{ shape: [4] }, "expected f32[2,2]"],
    [{ dtype: "i32", values: new Int32Array(4) }, "i32[2,2], expected f32[2,2]"],
  ];
  for (const [part, message] of refused) {
    expect(() => ownResiduals([{ ...own, ...part } as never], parameters, place)).toThrow(message);
  }
});
