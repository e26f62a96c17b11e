import type { FrameSequence } from "../../../lib/index.js";
import { randomNumbers } from "../../data/randomText.js";

/** A sequence of frames from rows. */
export function sequenceOf(rows: readonly (readonly number[])[], more: Partial<FrameSequence> = {}): FrameSequence {
  const values = Float32Array.from(rows.flat());
  return { frames: { shape: [rows.length, rows[0]?.length ?? 0], values }, ...more };
}

/** Walks on a line: a frame has the step and a number that says nothing; its label is where the walk is. */
export function walks(count: number, seed = 5): FrameSequence[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    let place = 0;
    const [rows, labels] = [[] as number[][], [] as string[]];
    for (let t = 3 + random(20); t > 0; t--) {
      const step = place === 0 ? random(2) : place === 2 ? -random(2) : random(3) - 1;
      place += step;
      rows.push([100 + 10 * step, random(1000) / 1000]);
      labels.push(["left", "middle", "right"][place] as string);
    }
    return sequenceOf(rows, { labels });
  });
}

/** Melodies of two voices: the first goes up by one key each frame, the second is where it was two frames ago. */
export function melodies(count: number, keys = 6, seed = 7): FrameSequence[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    const start = random(keys);
    const rows = Array.from({ length: 6 + random(12) }, (_, t) => {
      const on = new Set([(start + t) % keys, (start + t - 2 + keys) % keys]);
      return Array.from({ length: keys }, (_, key) => Number(on.has(key)));
    });
    return sequenceOf(rows);
  });
}
