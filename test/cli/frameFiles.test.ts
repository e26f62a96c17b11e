import { expect, test } from "vitest";
import { noteFrames } from "../../lib/cli/frameFiles.js";
import type { Printer } from "../../lib/cli/print.js";
import type { FrameSequence } from "../../lib/data/index.js";

/** The notes about sequences of one feature that have these labels. */
function notesOf(...labels: FrameSequence["labels"][]): string[] {
  const notes: string[] = [];
  const print = { note: (...parts: string[]) => void notes.push(parts.join("")), object: () => {} };
  const sequences = labels.map((own) => ({
    frames: { shape: [3, 1], values: Float32Array.of(1, 2, 3) },
    ...(own ? { labels: own } : {}),
  }));
  noteFrames(print as unknown as Printer, ["a.csv", "b.npy"], sequences as FrameSequence[]);
  return notes;
}

test("a note shows the labels of the first sequence: several at once, none, and those that are missing", () => {
  const [counts, first] = notesOf(["left", null, "right"], ["up", "up", "up"]);
  expect(counts).toBe("a.csv, b.npy: 2 sequences, 6 frames of 1 feature.");
  expect(first).toMatch(/^The first: .*: left - right \.\.\.$/);
  expect(notesOf([["c", "e"], [], ["g"]])[1]).toMatch(/: c\+e none g \.\.\.$/);
  expect(notesOf(undefined)).toHaveLength(1);
});
