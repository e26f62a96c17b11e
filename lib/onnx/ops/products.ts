import type { Translations } from "../call.js";

/** Products with matrices, and rows of tables. */
export const products: Translations = {
  embedding({ builder, operand, result }) {
    builder.node("Gather", [operand("weight"), operand("ids")], { axis: 0 }, [result("y").name]);
  },
  linear({ builder, operand, optional, result }) {
    const [x, weight, bias, y] = [operand("x"), operand("weight"), optional("bias"), result("y")];
    if (x.shape.length === 2) {
      builder.node("Gemm", [x, weight, bias], { transB: 1 }, [y.name]);
      return;
    }
    const product = [x, builder.node("Transpose", [weight], { perm: [1, 0] })];
    if (!bias) builder.node("MatMul", product, {}, [y.name]);
    else builder.node("Add", [builder.node("MatMul", product), bias], {}, [y.name]);
  },
  matmul({ builder, operand, number, result }) {
    const attributes = { transA: number("transposeA"), transB: number("transposeB") };
    builder.node("Gemm", [operand("a"), operand("b")], attributes, [result("y").name]);
  },
};
