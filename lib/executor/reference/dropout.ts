import { InputError } from "../../errors.js";
import type { dropoutOperation } from "../../graph/ops/dropout.js";
import { philox, uniform01 } from "../../random/philox.js";
import type { Call } from "./kernel.js";

/** Element e of the mask is word e % 4 of philox(counter (e / 4, 0, step, 0), key (seed, stream)). */
export function dropout({ x, y, stream, overTime, shapes, ...call }: Call<typeof dropoutOperation>): void {
  const [seed, step] = call.random as unknown as [number, number];
  const rate = Math.fround(call.rate[0] as number);
  if (!(rate >= 0 && rate < 1)) throw new InputError(`dropout: the rate is ${rate}, expected 0 <= rate < 1.`);
  const repeats = overTime ? (shapes.x[0] as number) : 1;
  const length = x.length / repeats;
  const words = new Uint32Array(4);
  for (let e = 0; e < length; e++) {
    if (e % 4 === 0) philox([e / 4, 0, step, 0], [seed, stream], words);
    const scale = uniform01(words[e % 4] as number) >= rate ? 1 / (1 - rate) : 0;
    for (let t = 0; t < repeats; t++) y[t * length + e] = (x[t * length + e] as number) * scale;
  }
}
