import { philox, uniform01 } from "../../../lib/random/philox.js";

/** Lines of words, some far commoner than others; the same for the same seed. */
export function randomLines(count: number, { words = 30, seed = 1 }: { words?: number; seed?: number } = {}): string[] {
  const drawn = new Uint32Array(4);
  let at = 0;
  const draw = () => {
    philox([at++, 0, 0, 0], [seed, 9], drawn);
    return uniform01(drawn[0] as number);
  };
  return Array.from({ length: count }, () => {
    const length = 1 + Math.floor(12 * draw());
    return Array.from({ length }, () => `w${Math.floor(words * draw() ** 3)}`).join(" ");
  });
}
