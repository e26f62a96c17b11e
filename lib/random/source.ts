import { hash } from "./hash.js";
import { philox, uniform01 } from "./philox.js";

/** A stream of random numbers. */
export interface RandomSource {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Normal with mean 0 and deviation 1 (Box & Muller 1958). */
  normal(): number;
}

/** The stream of a seed and a name: streams of different names are independent, whatever is drawn from the others. */
export function randomSource(seed: number, name: string): RandomSource {
  const key = [seed, hash(name)] as const;
  const words = new Uint32Array(4);
  const counter: [number, number, number, number] = [0, 0, 0, 1];
  let block = 0;
  let used = 4;
  const uniform = () => {
    if (used === 4) {
      counter[0] = block;
      counter[1] = Math.floor(block / 2 ** 32);
      philox(counter, key, words);
      block += 1;
      used = 0;
    }
    return uniform01(words[used++] as number);
  };
  return {
    uniform,
    // 1 - u is never 0, so the logarithm is finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
