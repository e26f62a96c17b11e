import { expect, test } from "vitest";
import { FrameVocabulary } from "../../../lib/index.js";
import { repeatBaseline, truthOf, usualBaseline } from "../../../lib/models/frameTagger/baselines.js";
import { sequenceOf } from "./frames.js";

test("one label a frame: each as often as it was counted, and once more", async () => {
  const labels = ["c", "a", "b", "a", null, "a"];
  const tokenizer = await FrameVocabulary.of([sequenceOf([[1], [2], [3], [4], [5], [6]], { labels })]);
  expect(tokenizer.usual).toEqual({ frames: 5, counts: [3, 1, 1], before: [], stays: [] });
  expect(truthOf(sequenceOf([[1]], { labels }), tokenizer)).toEqual(labels);
  expect(truthOf(sequenceOf([[1]]), tokenizer)).toEqual([]);
  const { loss, ...rest } = usualBaseline(["a", "a", "b", "c"], tokenizer, 0.5);
  expect(loss).toBeCloseTo(-(2 * Math.log(4 / 8) + 2 * Math.log(2 / 8)) / 4, 12);
  expect(rest).toEqual({ accuracy: 0.5, microF1: 0.5 });
});

test("several labels a frame: each by itself, with half a frame more that has it and half that has not", async () => {
  const labels = [["a", "b"], ["a"], [], ["a", "c"]];
  const tokenizer = await FrameVocabulary.of([sequenceOf([[1], [2], [3], [4]], { labels })]);
  const [a, b, c] = [3.5 / 5, 1.5 / 5, 1.5 / 5] as const;
  const truth = [["a"], ["b", "c"]];
  const expected = Math.log(a) + Math.log(1 - b) + Math.log(1 - c) + Math.log(1 - a) + Math.log(b) + Math.log(c);
  expect(usualBaseline(truth, tokenizer, 0.5)).toEqual({
    loss: expect.closeTo(-expected / 2, 12),
    accuracy: 0.5,
    // One of the two labels given is right, and two of the three true ones are missed.
    microF1: expect.closeTo(2 / 5, 12),
  });
  expect(usualBaseline(truth, tokenizer, 1.5 / 5)).toMatchObject({ accuracy: 0, microF1: expect.closeTo(6 / 9, 12) });
});

const rows = [
  [1, 0, 1],
  [1, 0, 0],
  [0, 1, 0],
  [1, 1, 0],
  [1, 0, 0],
  [1, 0, 1],
  [0, 0, 1],
];
const notes = [sequenceOf(rows), sequenceOf([rows[3], rows[0], rows[0]] as number[][])];

test("the next frame's labels are its features that are 1", async () => {
  const tokenizer = await FrameVocabulary.of(notes, { next: true });
  const names = rows.slice(1).map((row) => ["0", "1", "2"].filter((_, i) => row[i] === 1));
  expect(truthOf(notes[0] as (typeof notes)[number], tokenizer)).toEqual(names);
});

test("repeated frames: each label stays, or comes, as often as it did from frame to frame", async () => {
  const tokenizer = await FrameVocabulary.of(notes, { next: true });
  const pairs = notes.flatMap(({ frames: { shape, values } }) => {
    const at = (t: number) => Array.from(values as Float32Array).slice(3 * t, 3 * t + 3);
    return Array.from({ length: (shape[0] as number) - 1 }, (_, t) => [at(t), at(t + 1)] as const);
  });
  expect(pairs).toHaveLength(8);
  // By its definition: of the frames whose predecessor is like this, the share that has the label, with half a frame for both answers.
  const share = (c: number, last: number) => {
    const like = pairs.filter(([before]) => before[c] === last);
    return (like.filter(([, own]) => own[c] === 1).length + 1 / 2) / (like.length + 1);
  };
  const [before, truth] = [
    [["0"], ["1", "2"], []],
    [["0", "2"], ["1"], ["0"]],
  ];
  let [loss, hits, given, exact] = [0, 0, 0, 0];
  for (const [n, own] of (truth as string[][]).entries()) {
    const p = [0, 1, 2].map((c) => share(c, Number(before?.[n]?.includes(String(c)))));
    for (const [c, each] of p.entries()) loss -= Math.log(own.includes(String(c)) ? each : 1 - each);
    const likely = ["0", "1", "2"].filter((_, c) => (p[c] as number) >= 0.4);
    hits += likely.filter((label) => own.includes(label)).length;
    given += likely.length;
    exact += Number(String(likely) === String(own));
  }
  expect(new Set([0, 1, 2].flatMap((c) => [share(c, 0), share(c, 1)])).size).toBeGreaterThan(4);
  expect(repeatBaseline(truth as string[][], before as string[][], tokenizer, 0.4)).toEqual({
    loss: expect.closeTo(loss / 3, 12),
    accuracy: exact / 3,
    microF1: expect.closeTo((2 * hits) / (given + 4), 12),
  });
});
