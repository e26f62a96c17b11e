import { EventEmitter } from "node:events";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { Printable } from "../../lib/cli/output.js";
import type { Printer } from "../../lib/cli/print.js";
import { reportTraining } from "../../lib/cli/reportTraining.js";
import type { TrainerEvents } from "../../lib/train/events.js";
import type { Trainer } from "../../lib/train/trainer.js";

/** The notes of a training whose first update had a loss, and that was then validated. */
function notesOf(step: number, validations: readonly object[]): string[] {
  return reported((trainer) => {
    trainer.emit("step", stepEvent(step));
    for (const event of validations)
      trainer.emit("validation", { epoch: 1, best: true, perplexity: 9, ...event } as never);
  }).notes;
}

const stepEvent = (step: number) =>
  ({ step, epoch: 0, loss: 3, tokensPerSecond: 1, secondsLeft: 60, progress: 0 }) as never;

/** Notes, lines of progress and objects of a training, and the order of the first two. */
function reported(happens: (trainer: EventEmitter<TrainerEvents>) => void) {
  const [notes, lines, moments]: [string[], string[], string[]] = [[], [], []];
  const objects: object[] = [];
  const update = (_: number, text: string) => {
    moments.push("update");
    lines.push(text);
  };
  const line = { update, pause: () => void moments.push("pause"), stop: () => void moments.push("stop") };
  const textOf = (part: Printable) => stripVTControlCharacters(typeof part === "string" ? part : part.text);
  const print: Printer = {
    json: false,
    line: () => {},
    object: (value) => void objects.push(value),
    note: (...parts) => {
      moments.push("note");
      notes.push(parts.map(textOf).join(""));
    },
    progress: () => line,
  };
  const trainer = new EventEmitter<TrainerEvents>();
  reportTraining(trainer as unknown as Trainer, print);
  happens(trainer);
  return { notes, lines, moments, objects };
}

test("time left is said from the second step on: the first also prepares what all others use", () => {
  const { lines } = reported((trainer) => {
    for (const step of [700, 701]) trainer.emit("step", stepEvent(step));
  });
  expect(lines).toEqual(["epoch 0.00  loss 3.000", "epoch 0.00  loss 3.000  1 tokens/s  1 min 0 s left"]);
});

test("a validation that is worse than guessing says so, with the way out, and is no best", () => {
  const [worse, better] = notesOf(1, [{ loss: 6 }, { loss: 2.9 }]);
  expect(worse).toMatch(/6\.0000 nats.*worse than before the first update \(3\.00 nats\): lower --learning-rate/);
  expect(worse).not.toContain("best so far");
  expect(better).toMatch(/2\.9000 nats, perplexity 9\.00 {2}best so far$/);
});

test("a validation that is not a number says that it cannot be the best, and an older best nothing", () => {
  const [none, older] = notesOf(700, [
    { loss: Number.NaN, perplexity: Number.NaN, best: false },
    { loss: 2, best: false },
  ]);
  expect(none).toMatch(/NaN nats, perplexity NaN {2}not finite, so it cannot be the best$/);
  expect(older).toMatch(/2\.0000 nats, perplexity 9\.00$/);
});

test("a training that goes on knows no loss of guessing", () => {
  expect(notesOf(700, [{ loss: 6 }])[0]).toMatch(/best so far$/);
});

test("the line of progress makes way for each note, and stops at the end", () => {
  const moments = reported((trainer) => {
    trainer.emit("step", stepEvent(1));
    trainer.emit("validation", { epoch: 1, loss: 1, best: true, perplexity: 9 } as never);
    trainer.emit("averaging", { step: 1 } as never);
    trainer.emit("sample", { step: 1, text: "a" } as never);
    trainer.emit("end", {} as never);
  }).moments;
  expect(moments).toEqual(["update", "pause", "note", "pause", "note", "pause", "note", "stop"]);
});

test("a step's event has no norm of a gradient where there is none", () => {
  const normsOf = (gradientNorm: number) =>
    reported((trainer) => trainer.emit("step", { ...(stepEvent(1) as object), gradientNorm } as never)).objects;
  expect(normsOf(0.5)).toEqual([expect.objectContaining({ event: "step", step: 1, gradientNorm: 0.5 })]);
  expect(Object.keys(normsOf(Number.NaN)[0] as object)).not.toContain("gradientNorm");
});

test("accuracy stands in place of perplexity where there is one", () => {
  expect(notesOf(1, [{ loss: 0.5, accuracy: 0.8125 }])[0]).toMatch(/0\.5000 nats, accuracy 81\.25 % {2}best so far$/);
});
