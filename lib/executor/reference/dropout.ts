import { InputError } from "../../errors.js";
import type { dropoutOperation } from "../../graph/ops/dropout.js";
import { elementsOf } from "../../graph/program.js";
import { philox, uniform01 } from "../../random/philox.js";
import type { Call } from "./kernel.js";

/** Element e of the mask is word e % 4 of philox(counter (e / 4, 0, step, 0), key (seed, stream)). */
export function dropout(call: Call<typeof dropoutOperation>): void {
  const { x, y, stream, overTime, axis, first, of, shapes } = call;
  const [seed, step] = call.random as unknown as [number, number];
  const rate = Math.fround(call.rate[0] as number);
  if (!(rate >= 0 && rate < 1)) throw new InputError(`dropout: the rate is ${rate}, expected 0 <= rate < 1.`);
  const repeats = overTime ? (shapes.x[0] as number) : 1;
  const length = x.length / repeats;
  const inner = elementsOf(shapes.x.slice(axis + 1));
  /** Elements of x, and of the tensor that it is a part of, in one entry of the axes before `axis`. */
  const [own, all] = of > 0 ? [(shapes.x[axis] as number) * inner, of * inner] : [length, length];
  const words = new Uint32Array(4);
  let drawn = -1;
  for (let i = 0; i < length; i++) {
    const e = Math.floor(i / own) * all + first * inner + (i % own);
    if (e >> 2 !== drawn) {
      drawn = e >> 2;
      philox([drawn, 0, step, 0], [seed, stream], words);
    }
    const scale = uniform01(words[e % 4] as number) >= rate ? 1 / (1 - rate) : 0;
    for (let t = 0; t < repeats; t++) y[t * length + i] = (x[t * length + i] as number) * scale;
  }
}
