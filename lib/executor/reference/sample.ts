import { InputError } from "../../errors.js";
import type { sampleOperation } from "../../graph/ops/sample.js";
import { drawToken } from "../../random/drawToken.js";
import { philox, uniform01 } from "../../random/philox.js";
import type { Call } from "./kernel.js";
import { normalizer } from "./softmax.js";

const sampleKey = 0x5a3d1e;

export function sample(call: Call<typeof sampleOperation>): void {
  const { logits, ids, logProbability, ahead, shapes } = call;
  const [B, V] = shapes.logits as [number, number];
  const [temperature, topK, topP] = [call.temperature[0] as number, call.topK[0] as number, call.topP[0] as number];
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new InputError("sample: the temperature must be a number at least 0.");
  }
  if (topK < 0) throw new InputError("sample: topK must be at least 0.");
  if (!(topP > 0)) throw new InputError("sample: topP must be above 0.");
  const [seed, step] = call.random as unknown as [number, number];
  const words = new Uint32Array(4);
  for (let b = 0; b < B; b++) {
    const row = logits.subarray(b * V, (b + 1) * V);
    let largest = Number.NEGATIVE_INFINITY;
    for (const logit of row) largest = Math.max(largest, logit);
    if (Number.isNaN(largest)) throw new InputError(`sample: row ${b} of the logits holds a NaN.`);
    if (!Number.isFinite(largest)) throw new InputError(`sample: row ${b} of the logits has no finite maximum.`);
    philox([b, 0, step + (ahead?.[b] ?? 0), 0], [seed, sampleKey], words);
    const id = drawToken(row, { temperature, topK, topP, u: uniform01(words[0] as number) }) as number;
    ids[b] = id;
    logProbability[b] = (row[id] as number) - largest - Math.log(normalizer(row, 0, V).sum);
  }
}
