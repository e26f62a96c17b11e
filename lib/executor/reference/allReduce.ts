import type { allReduceOperation, awaitSumOperation } from "../../graph/ops/allReduce.js";
import { elementsOf } from "../../graph/program.js";
import { sumOverRanks } from "../communicator.js";
import type { Call } from "./kernel.js";

/** All numbers are sent, whatever their `width`: the sums are the same. */
export function allReduce(call: Call<typeof allReduceOperation>): Promise<void> | undefined {
  const { tensors, sums, communicator, bfloat16 } = call;
  let n = 0;
  for (const tensor of tensors) {
    sums.set(tensor, n);
    n += tensor.length;
  }
  return communicator ? sumOverRanks(communicator, sums, { bfloat16: bfloat16 === 1 }) : undefined;
}

export function awaitSum({ sums, y, begin, shapes }: Call<typeof awaitSumOperation>): void {
  y.set(sums.subarray(begin, begin + elementsOf(shapes.y)));
}
