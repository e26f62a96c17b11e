import { InputError } from "../../errors.js";
import { philox, uniform01 } from "../../random/philox.js";
import type { Buffer, Floats, KernelCall } from "./kernel.js";
import { floatsOf, integersOf, resultOf, shapeOf } from "./kernel.js";
import { logSumExp } from "./softmax.js";

const sampleKey = 0x5a3d1e;

export function sample(call: KernelCall): void {
  const logits = floatsOf(call, 0);
  const [B, V] = shapeOf(call, 0) as [number, number];
  const [temperature, topK, topP] = [floatsOf(call, 1)[0], integersOf(call, 2)[0], floatsOf(call, 3)[0]] as [
    number,
    number,
    number,
  ];
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new InputError("sample: the temperature must be a number at least 0.");
  }
  if (topK < 0) throw new InputError("sample: topK must be at least 0.");
  if (!(topP > 0)) throw new InputError("sample: topP must be above 0.");
  const [seed, step] = integersOf(call, 4) as unknown as [number, number];
  const ids = (call.results[0] as Buffer).data;
  const words = new Uint32Array(4);
  for (let b = 0; b < B; b++) {
    const row = logits.subarray(b * V, (b + 1) * V);
    const order = [...row.keys()].filter((v) => (row[v] as number) > Number.NEGATIVE_INFINITY);
    order.sort((a, c) => (row[c] as number) - (row[a] as number) || a - c);
    const best = order[0];
    if (best === undefined || row.some(Number.isNaN) || row[best] === Number.POSITIVE_INFINITY) {
      throw new InputError(`sample: row ${b} of the logits has no finite maximum.`);
    }
    philox([b, 0, step, 0], [seed, sampleKey], words);
    const id =
      temperature === 0 ? best : draw(row, order, { temperature, topK, topP, u: uniform01(words[0] as number) });
    ids[b] = id;
    resultOf(call, 1)[b] = (row[id] as number) - logSumExp(row, 0, V);
  }
}

/**
 * The token at fraction u of the filtered distribution; `order` lists the tokens by falling probability. They stand in that
 * order where top-k or top-p pick the best of them, and in order of their ids where all take part.
 */
function draw(
  row: Floats,
  order: readonly number[],
  { temperature, topK, topP, u }: { temperature: number; topK: number; topP: number; u: number },
): number {
  const all = (topK === 0 || topK >= row.length) && topP >= 1;
  let kept = all ? [...order].sort((a, c) => a - c) : topK > 0 ? order.slice(0, topK) : order;
  const most = row[order[0] as number] as number;
  const weight = (v: number) => Math.exp(((row[v] as number) - most) / temperature);
  let total = kept.reduce((sum, v) => sum + weight(v), 0);
  if (topP < 1) {
    let reached = 0;
    const enough = kept.findIndex((v) => (reached += weight(v)) >= topP * total);
    if (enough >= 0) kept = kept.slice(0, enough + 1);
    total = reached;
  }
  let left = u * total;
  for (const v of kept) {
    left -= weight(v);
    if (left < 0) return v;
  }
  return kept[kept.length - 1] as number;
}
