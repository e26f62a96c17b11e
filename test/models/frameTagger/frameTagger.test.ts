import { join } from "node:path";
import { expect, test } from "vitest";
import type { FrameSequence, FrameTaggerOptions } from "../../../lib/index.js";
import { adam, FrameData, FrameTagger, FrameVocabulary, loadModel, Trainer } from "../../../lib/index.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";
import { melodies, sequenceOf, walks } from "./frames.js";

async function trained(
  sequences: readonly FrameSequence[],
  { next = false, epochs, ...options }: Partial<FrameTaggerOptions> & { next?: boolean; epochs: number },
) {
  const tokenizer = await FrameVocabulary.of(sequences, { next });
  const model = await FrameTagger.create({ tokenizer, hiddenSize: 24, ...options });
  const data = await FrameData.create(sequences, { tokenizer, batchSize: 8 });
  await new Trainer(model, { data, epochs, optimizer: adam({ learningRate: 0.02 }) }).run();
  return model;
}

const model = await trained(walks(300), { epochs: 8 });

test("labels that hang on all frames before are learnt, on a scale of its own for each feature", async () => {
  const { accuracy, loss, sequences, usual, repeated, count } = await model.evaluate(walks(100, 6));
  expect(accuracy).toBeGreaterThan(0.98);
  expect(sequences).toBe(100);
  expect(count).toBeGreaterThan(1000);
  expect(usual.accuracy).toBeLessThan(0.6);
  expect(usual.loss).toBeGreaterThan(10 * loss);
  expect(repeated).toBeNull();
  const { means, deviations, names } = model.tokenizer.features;
  expect(names).toBeNull();
  expect(means[0]).toBeCloseTo(100.5, 0);
  expect(means[1]).toBeCloseTo(0.5, 1);
  expect(deviations[0]).toBeGreaterThan(4);
  expect(deviations[1]).toBeCloseTo(Math.sqrt(1 / 12), 1);
});

test("1, 9 and 64 sequences side by side have the same labels and probabilities, to the bit", async () => {
  const sequences = walks(64, 8);
  const alone = await model.tag(sequences, { batchSize: 1 });
  for (const batchSize of [2, 9, 22, 61, 64]) expect(await model.tag(sequences, { batchSize })).toEqual(alone);
  const { tokenizer } = model;
  const forwards = await FrameTagger.create({ tokenizer, cell: "gru", bidirectional: false, layers: 2 });
  expect(await forwards.tag(sequences, { batchSize: 64 })).toEqual(await forwards.tag(sequences, { batchSize: 9 }));
});

test("a model whose numbers overflow says so in place of labels", async () => {
  const own = await FrameTagger.create({ tokenizer: model.tokenizer, hiddenSize: 4 });
  await own.store.write("output.bias", (await own.store.read("output.bias")).fill(Number.POSITIVE_INFINITY));
  await expect(own.tag(walks(1))).rejects.toThrow(
    "tag: the numbers inside of the model overflow: train it with a lower learning rate.",
  );
  expect(() => FrameVocabulary.fromJSON(null)).toThrow("Expected the features and labels of frames, got null.");
});

test("the loss of an evaluation is the mean of what the labels' probabilities cost; frames without a label do not count", async () => {
  const sequences = walks(30, 9);
  const found = await model.tag(sequences);
  let [total, n] = [0, 0];
  const partly = sequences.map((sequence, i) => ({
    ...sequence,
    labels: (sequence.labels as string[]).map((label, t) => {
      if ((i + t) % 3 === 0) return null;
      total -= Math.log(found[i]?.probabilities[t * 3 + model.labels.indexOf(label)] as number);
      n++;
      return label;
    }),
  }));
  const { loss, count } = await model.evaluate(partly);
  expect(count).toBe(n);
  expect(loss).toBeCloseTo(total / n, 4);
});

test("a model of one direction knows nothing of the frames that come", async () => {
  const { tokenizer } = model;
  const [long] = walks(1, 10) as [FrameSequence];
  const [T] = long.frames.shape as [number, number];
  const short = { frames: { shape: [T - 2, 2], values: (long.frames.values as Float32Array).slice(0, -4) } };
  const forwards = await FrameTagger.create({ tokenizer, bidirectional: false });
  const both = await FrameTagger.create({ tokenizer });
  const beginnings = async (own: FrameTagger) => {
    const [a, b] = await own.tag([long, short]);
    return [a?.probabilities.slice(0, 3 * (T - 2)), b?.probabilities];
  };
  const [before, alone] = await beginnings(forwards);
  expect(before).toEqual(alone);
  const [other, own] = await beginnings(both);
  expect(other).not.toEqual(own);
});

test("the next frame is predicted from those before, and better than from the last alone", async () => {
  const music = await trained(melodies(200), { next: true, epochs: 10 });
  expect(music.network.config.bidirectional).toBe(false);
  const { loss, microF1, repeated, usual, count } = await music.evaluate(melodies(40, 6, 11));
  expect(microF1).toBeGreaterThan(0.98);
  expect(loss).toBeLessThan(0.3);
  expect(repeated?.loss).toBeGreaterThan(2);
  expect(usual.loss).toBeGreaterThan(3);
  expect(count).toBe(melodies(40, 6, 11).reduce((sum, { frames }) => sum + (frames.shape[0] as number) - 1, 0));
  // Frames 0 and 4 of 1, 2, 3 ...: after the keys 3 and 1 come 4 and 2.
  const frame = (...on: number[]) => Array.from({ length: 6 }, (_, key) => Number(on.includes(key)));
  const [{ labels } = { labels: [] }] = await music.tag([sequenceOf([frame(1, 5), frame(2, 0), frame(3, 1)])]);
  expect(labels).toEqual([
    ["0", "2"],
    ["1", "3"],
    ["2", "4"],
  ]);
  await expect(FrameTagger.create({ tokenizer: music.tokenizer, bidirectional: true })).rejects.toThrow(
    /a model of the next frame reads forwards/,
  );
  await expect(music.tag([sequenceOf([[0, 1, 0, 0.5, 0, 0]])])).rejects.toThrow(
    /^sequence 1 of 1, frame 1: feature 3 is 0\.5: the next frame can be predicted where all features are 0 or 1/,
  );
  await expect(music.evaluate([sequenceOf([frame(1)])])).rejects.toThrow(/has one frame, and none that follows it/);
});

test("the simple models' losses are what their counts say", async () => {
  // Key a stays in 1 of 2 frames and comes in none; b is on in 2 of 3 and stays in none.
  const learnt = sequenceOf([
    [1, 0],
    [1, 1],
    [0, 0],
    [0, 1],
  ]);
  const tokenizer = await FrameVocabulary.of([learnt], { next: true });
  expect(tokenizer.usual).toEqual({ frames: 3, counts: [1, 2], before: [2, 1], stays: [1, 0] });
  const own = await FrameTagger.create({ tokenizer, hiddenSize: 4 });
  const { usual, repeated } = await own.evaluate([
    sequenceOf([
      [1, 1],
      [1, 0],
    ]),
  ]);
  const [a, b] = [1.5 / 4, 2.5 / 4];
  expect(usual.loss).toBeCloseTo(-Math.log(a) - Math.log(1 - b), 10);
  const [stay, go] = [1.5 / 3, 0.5 / 2];
  expect(repeated?.loss).toBeCloseTo(-Math.log(stay) - Math.log(1 - go), 10);
  expect(repeated?.microF1).toBe(1);
  // Further on the frame before counts, and each sequence begins with its own first.
  const more = await own.evaluate([
    sequenceOf([
      [1, 1],
      [1, 0],
      [0, 1],
    ]),
    sequenceOf([
      [0, 1],
      [1, 1],
    ]),
  ]);
  const [come, arrive] = [0.5 / 2, 2.5 / 3];
  const costs = [stay, 1 - go, 1 - stay, arrive, come, go].map(Math.log);
  expect(more.repeated?.loss).toBeCloseTo(-costs.reduce((sum, cost) => sum + cost, 0) / 3, 10);
  expect(more.count).toBe(3);
});

test("frames may have several labels, or none", async () => {
  const sequences = melodies(120).map(({ frames }) => {
    const [T, I] = frames.shape as [number, number];
    const values = frames.values as Float32Array;
    const on = (t: number, i: number) => t >= 0 && values[t * I + i] === 1;
    const labels = Array.from({ length: T }, (_, t) => [
      ...(on(t, 0) ? ["low"] : []),
      ...(on(t, 5) || on(t - 1, 5) ? ["high"] : []),
    ]);
    return { frames, labels };
  });
  const many = await trained(sequences.slice(20), { epochs: 8 });
  expect(many.labels).toEqual(["high", "low"]);
  const { microF1, accuracy, confusion, labels } = await many.evaluate(sequences.slice(0, 20));
  expect(microF1).toBeGreaterThan(0.97);
  expect(accuracy).toBeGreaterThan(0.95);
  expect(confusion).toBeNull();
  expect(labels.map(({ label }) => label)).toEqual(["high", "low"]);
  const all = await many.tag(sequences.slice(0, 1), { threshold: 1e-6 });
  expect(all[0]?.labels[0]).toEqual(["high", "low"]);
  const lists = sequences.slice(0, 20).flatMap((sequence) => sequence.labels);
  const both = lists.filter((list) => list.length === 2).length / lists.length;
  const eager = await many.evaluate(sequences.slice(0, 20), { threshold: 1e-6 });
  expect([eager.accuracy, eager.usual.accuracy]).toEqual([both, both]);
  await expect(model.tag(walks(1, 2), { threshold: 0.4 })).rejects.toThrow(/^tag: threshold says .* Leave it out\./);
  await expect(model.evaluate(walks(1, 2), { threshold: 0.4 })).rejects.toThrow(/^evaluate: threshold says/);

  // Frames that do not count change nothing but the mean.
  const [own] = sequences as [(typeof sequences)[0]];
  const half = { ...own, labels: own.labels.map((labels, t) => (t % 2 === 0 ? labels : null)) };
  const { loss, count } = await many.evaluate([half]);
  const [{ probabilities }] = (await many.tag([own])) as [Awaited<ReturnType<typeof many.tag>>[0]];
  const costs = own.labels.map((labels, t) =>
    many.labels.reduce((sum, name, c) => {
      const p = probabilities[2 * t + c] as number;
      return sum - Math.log(labels.includes(name) ? p : 1 - p);
    }, 0),
  );
  const even = costs.filter((_, t) => t % 2 === 0);
  expect(count).toBe(even.length);
  expect(loss).toBeCloseTo(even.reduce((sum, cost) => sum + cost, 0) / even.length, 4);
});

test("a saved model is read back with its vocabulary, and data of another vocabulary is refused", async () => {
  const folder = join(await temporaryFolder(), "model");
  await model.save(folder);
  const loaded = (await loadModel(folder)) as FrameTagger;
  expect(loaded).toBeInstanceOf(FrameTagger);
  expect(loaded.labels).toEqual(["left", "middle", "right"]);
  const sequences = walks(3, 12);
  expect(await loaded.tag(sequences)).toEqual(await model.tag(sequences));
  expect(loaded.tokenizer.toJSON()).toEqual(model.tokenizer.toJSON());
  const other = walks(20, 13);
  const data = await FrameData.create(other, { tokenizer: await FrameVocabulary.of(other) });
  await expect(new Trainer(model, { data }).run()).rejects.toThrow(/made with another vocabulary/);
});

test("labels may be counted in more frames than an i32 holds", async () => {
  const { task, features, labels } = model.tokenizer;
  const counts = [3e9, 2 ** 31, 5];
  const own = new FrameVocabulary(task, features, labels, { frames: 6e9, counts, before: counts, stays: [0, 4e9, 1] });
  const folder = join(await temporaryFolder(), "model");
  await (await FrameTagger.create({ tokenizer: own, hiddenSize: 2 })).save(folder);
  expect((await FrameTagger.load(folder)).tokenizer.usual).toEqual(own.usual);
});

test("what cannot be read is named by its file, line and feature", async () => {
  const place = { file: "walk.csv", lines: [2, 3], features: ["x", "y"] };
  const rows = [
    [1, 2],
    [3, Number.NaN],
  ];
  await expect(model.tag([sequenceOf(rows, place)])).rejects.toThrow(
    /^walk\.csv, line 3: feature "y" is missing \(NaN\)\. Fill what is missing in before/,
  );
  await expect(model.tag([sequenceOf(rows, { name: "clip" })])).rejects.toThrow(/^clip, frame 2: feature 1 is missing/);
  await expect(model.tag([sequenceOf([[1, 2]]), sequenceOf([[1, 2, 3]])])).rejects.toThrow(
    /^tag: sequence 2 of 2 has frames of 3 features, and sequence 1 of 2 of 2: expected as many/,
  );
  await expect(model.tag([sequenceOf([[1, 2, 3]])])).rejects.toThrow(
    /^sequence 1 of 1 has frames of 3 features, and the model reads 2/,
  );
  await expect(model.tag([])).rejects.toThrow(/^tag: expected a list of sequences/);
  await expect(model.tag([{ frames: { shape: [2], values: [1, 2] } }])).rejects.toThrow(
    /expected frames of shape \[T,I\]/,
  );
  await expect(model.tag([{ frames: { shape: [2, 2], values: [1, 2] } }])).rejects.toThrow(
    /the shape \[2,2\] has 4 elements, and there are 2/,
  );
  const labels = ["left", "centre"];
  const odd = sequenceOf(
    [
      [1, 2],
      [3, 4],
    ],
    { ...place, labels },
  );
  await expect(model.evaluate([odd])).rejects.toThrow(/^walk\.csv, line 3: Unknown label "centre"/);
  await expect(model.evaluate([{ ...odd, labels: ["left"] }])).rejects.toThrow(
    /^evaluate|FrameData: walk\.csv: expected a label for each of 2 frames, got 1 label/,
  );
});
