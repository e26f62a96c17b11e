import { OptionError } from "../../errors.js";
import type { OnnxBuilder, OnnxValue } from "../builder.js";
import type { Call, Translations } from "../call.js";
import type { Dimension } from "../dimension.js";
import { sameDimension } from "../dimension.js";

/** Far below every score, and still a number: the weight of what is not seen is 0. */
const unseen = -1e30;

/** Attention to a memory, and the attention of a Transformer. */
export const attention: Translations = {
  attention({ builder, operand, optional, number, result }) {
    const [query, keys, values, v] = [operand("query"), operand("keys"), operand("values"), optional("v")];
    if (!sameDimension(query.shape[1], keys.shape[1])) {
      throw new OptionError("ONNX: a step whose rows share a memory is written with a memory for each row.");
    }
    // [B,T,S]
    const scores = v
      ? additiveScores(builder, { query, keys, v })
      : productScores(builder, { query, keys, scale: number("scale") });
    const lengths = optional("lengths");
    const seen = lengths && within(builder, lengths, { S: keys.shape[0] as Dimension, axes: [1] });
    const weights = weightsOf(builder, scores, seen);
    const context = builder.node("MatMul", [weights, swapped(builder, values)]);
    builder.node("Transpose", [context], { perm: [1, 0, 2] }, [result("context").name]);
    builder.node("Transpose", [weights], { perm: [1, 0, 2] }, [result("weights").name]);
  },
  multiHeadAttention(call) {
    const { builder, operand, number, result } = call;
    const [query, memory] = [operand("query"), operand("memory")];
    const { weights, D } = headWeights(call);
    const [, , F] = query.shape as [Dimension, Dimension, number];
    const values = heads(builder, half(builder, memory, { F, which: 1 }), {
      shape: memory.shape,
      heads: number("heads"),
      D,
    });
    // [B,h,T,D] -> [T,B,h,D]
    const context = builder.node("Transpose", [builder.node("MatMul", [weights, values])], { perm: [2, 0, 1, 3] });
    builder.reshape(context, query.shape, [result("context").name]);
  },
  multiHeadWeights(call) {
    const { weights } = headWeights(call);
    call.builder.node("Transpose", [weights], { perm: [1, 2, 0, 3] }, [call.result("weights").name]);
  },
};

/** [T,B,K] and [S,B,K] -> scale · q kᵀ, [B,T,S]. */
function productScores(
  builder: OnnxBuilder,
  { query, keys, scale }: { query: OnnxValue; keys: OnnxValue; scale: number },
): string {
  const byKey = builder.node("Transpose", [keys], { perm: [1, 2, 0] });
  const product = builder.node("MatMul", [swapped(builder, query), byKey]);
  return scale === 1 ? product : builder.node("Mul", [product, builder.floats([scale])]);
}

/** vᵀ tanh(q + k), [B,T,S]. */
function additiveScores(
  builder: OnnxBuilder,
  { query, keys, v }: { query: OnnxValue; keys: OnnxValue; v: OnnxValue },
): string {
  const [rows, columns] = [builder.axes(2), builder.axes(1)];
  const sum = builder.node("Add", [
    builder.node("Unsqueeze", [swapped(builder, query), rows]),
    builder.node("Unsqueeze", [swapped(builder, keys), columns]),
  ]);
  const product = builder.node("MatMul", [
    builder.node("Tanh", [sum]),
    builder.node("Unsqueeze", [v, builder.axes(1)]),
  ]);
  return builder.node("Squeeze", [product, builder.axes(3)]);
}

/** Softmax over the last axis of what is seen; all 0 where nothing is. */
function weightsOf(builder: OnnxBuilder, scores: string, seen: string | null): string {
  if (!seen) return builder.node("Softmax", [scores], { axis: -1 });
  const masked = builder.node("Where", [seen, scores, builder.floats([unseen])]);
  const weights = builder.node("Softmax", [masked], { axis: -1 });
  return builder.node("Where", [seen, weights, builder.floats([0])]);
}

/** s < lengths[b], [B,S] with further axes before the last. */
function within(
  builder: OnnxBuilder,
  lengths: OnnxValue,
  { S, axes }: { S: Dimension; axes: readonly number[] },
): string {
  const seen = builder.node("Less", [
    builder.node("Unsqueeze", [builder.range(S), builder.axes(0)]),
    builder.node("Unsqueeze", [lengths, builder.axes(1)]),
  ]);
  return builder.node("Unsqueeze", [seen, builder.axes(...axes)]);
}

/** The weights of heads, [B,h,T,S]. */
function headWeights({ builder, operand, optional, number }: Call): { weights: string; D: number } {
  const [query, memory, lengths] = [operand("query"), operand("memory"), optional("lengths")];
  const [T, , F] = query.shape as [Dimension, Dimension, number];
  const S = memory.shape[0] as Dimension;
  const D = F / number("heads");
  const q = heads(builder, query, { shape: query.shape, heads: number("heads"), D });
  const k = heads(builder, half(builder, memory, { F, which: 0 }), { shape: memory.shape, heads: number("heads"), D });
  const product = builder.node("MatMul", [q, builder.node("Transpose", [k], { perm: [0, 1, 3, 2] })]);
  const scores = builder.node("Mul", [product, builder.floats([number("scale")])]);
  const exists = lengths && within(builder, lengths, { S, axes: [1, 2] });
  const earlier = number("causal") === 1 ? causal(builder, T, S) : null;
  const seen = exists && earlier ? builder.node("And", [exists, earlier]) : (exists ?? earlier);
  return { weights: weightsOf(builder, scores, seen), D };
}

/** s <= S - T + t, [T,S]. */
function causal(builder: OnnxBuilder, T: Dimension, S: Dimension): string {
  const shift = builder.node("Cast", [builder.node("Sub", [builder.size(S), builder.size(T)])], { to: 6 });
  const last = builder.node("Add", [builder.range(T), shift]);
  return builder.node("LessOrEqual", [
    builder.node("Unsqueeze", [builder.range(S), builder.axes(0)]),
    builder.node("Unsqueeze", [last, builder.axes(1)]),
  ]);
}

/** Keys or values out of both, [S,B,F]. */
function half(builder: OnnxBuilder, memory: OnnxValue, { F, which }: { F: number; which: 0 | 1 }): string {
  return builder.node("Slice", [memory, builder.longs([which * F]), builder.longs([(which + 1) * F]), builder.axes(2)]);
}

/** [T,B,F] -> [B,h,T,D]. */
function heads(
  builder: OnnxBuilder,
  rows: string | OnnxValue,
  { shape, heads: count, D }: { shape: readonly Dimension[]; heads: number; D: number },
): string {
  const [T, B] = shape as [Dimension, Dimension];
  return builder.node("Transpose", [builder.reshape(rows, [T, B, count, D])], { perm: [1, 2, 0, 3] });
}

/** [T,B,K] -> [B,T,K]. */
function swapped(builder: OnnxBuilder, value: OnnxValue): string {
  return builder.node("Transpose", [value], { perm: [1, 0, 2] });
}
