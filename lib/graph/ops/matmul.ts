import { completeOptions, flag } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

interface Transposes {
  /** a is given as [K,M]. */
  transposeA?: boolean;
  /** b is given as [N,K]. */
  transposeB?: boolean;
}

const matmulOperation = defineOperation({
  name: "matmul",
  operands: ["a", "b"],
  results: ["y"],
  attributes: ["transposeA", "transposeB"],
  sumsRows: ([a, b], { attributes: [ta, tb] }) => !!a && !!b && ta === 1 && tb === 0,
  gradient: ({ operands, attributes: [ta, tb], gradients: [dy], needs }) => {
    const [a, b, d] = [operands[0] as Tensor, operands[1] as Tensor, dy as Tensor];
    const da = () => (ta ? matmul(b, d, { transposeA: !!tb, transposeB: true }) : matmul(d, b, { transposeB: !tb }));
    const db = () => (tb ? matmul(d, a, { transposeA: true, transposeB: !!ta }) : matmul(a, d, { transposeA: !ta }));
    return [needs[0] ? da() : null, needs[1] ? db() : null];
  },
});

/** Matrix product a [M,K] b [K,N] -> [M,N]; either may be given transposed. */
export function matmul(a: Tensor, b: Tensor, options: Transposes = {}): Tensor {
  const { transposeA, transposeB } = completeOptions("matmul", options, { transposeA: flag(), transposeB: flag() });
  const { M, N } = matchShapes("matmul", [
    ["a", a, transposeA ? "K M" : "M K"],
    ["b", b, transposeB ? "N K" : "K N"],
  ]);
  const shape = [M as number, N as number];
  return a.graph.record(matmulOperation, [a, b], [{ shape }], [Number(transposeA), Number(transposeB)])[0] as Tensor;
}
