import { completeOptions, flag } from "../../options.js";
import { defineOperation } from "../operation.js";
import { elementsOf } from "../program.js";
import type { Tensor } from "../tensor.js";
import { matchShapes } from "../tensor.js";

/** Operands to transpose. @inline */
interface Transposes {
  /** a is given as [K,M]. */
  transposeA?: boolean;
  /** b is given as [N,K]. */
  transposeB?: boolean;
}

export const matmulOperation = defineOperation({
  name: "matmul",
  operands: ["a", "b"],
  results: ["y"],
  attributes: ["transposeA", "transposeB"],
  cost: ({ a, y }) => ({ flops: 2 * (elementsOf(a) / (y[0] as number)) * elementsOf(y) }),
  sumsRows: ({ a, b }, { transposeA, transposeB }) => a && b && transposeA === 1 && transposeB === 0,
  gradient: ({ a, b, ...attributes }, { dy }, needs) => {
    const [ta, tb] = [attributes.transposeA === 1, attributes.transposeB === 1];
    const da = () => (ta ? matmul(b, dy, { transposeA: tb, transposeB: true }) : matmul(dy, b, { transposeB: !tb }));
    const db = () => (tb ? matmul(dy, a, { transposeA: true, transposeB: ta }) : matmul(a, dy, { transposeA: !ta }));
    return { da: needs.a && da(), db: needs.b && db() };
  },
});

/** Matrix product a [M,K] b [K,N] -> [M,N]; either may be given transposed. */
export function matmul(a: Tensor, b: Tensor, options: Transposes = {}): Tensor {
  const { transposeA, transposeB } = completeOptions("matmul", options, { transposeA: flag(), transposeB: flag() });
  const { M, N } = matchShapes("matmul", [
    ["a", a, transposeA ? "K M" : "M K"],
    ["b", b, transposeB ? "N K" : "K N"],
  ]);
  const attributes = { transposeA: Number(transposeA), transposeB: Number(transposeB) };
  return a.graph.record(matmulOperation, { a, b }, { y: [M as number, N as number] }, attributes).y;
}
