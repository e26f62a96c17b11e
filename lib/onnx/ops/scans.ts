import { OptionError } from "../../errors.js";
import type { OnnxBuilder, OnnxValue } from "../builder.js";
import type { Translations } from "../call.js";
import type { Dimension } from "../dimension.js";
import { addScan } from "../scanNode.js";

/** Recurrences whose step is known. */
export const scans: Translations = {
  vectorScan({ builder, operand, optional, number, result }) {
    const [a, b, h0, lengths] = [operand("a"), operand("b"), operand("h0"), optional("lengths")];
    const [T, B, H] = a.shape as [Dimension, Dimension, number];
    const row = { type: "f32", shape: [B, H] } as const;
    const within = lengths && builder.node("Unsqueeze", [builder.lengthMask(lengths, T), builder.axes(2)]);
    const { last, stacked } = addScan(builder, {
      states: [{ ...row, first: h0.name }],
      rows: [
        { ...row, of: a.name },
        { ...row, of: b.name },
        ...(within ? [{ type: "bool", shape: [B, 1], of: within } as const] : []),
      ],
      reverse: number("reverse") === 1,
      step(body, [before = ""], [factor = "", term = "", goesOn]) {
        const next = body.node("Add", [body.node("Mul", [factor, before]), term]);
        if (goesOn === undefined) return { states: [next], outputs: [{ ...row, name: next }] };
        const after = body.node("Where", [goesOn, next, before]);
        const shown = body.node("Where", [goesOn, next, body.floats([0])]);
        return { states: [after], outputs: [{ ...row, name: shown }] };
      },
    });
    builder.node("Identity", [stacked[0] as string], {}, [result("y").name]);
    builder.node("Identity", [last[0] as string], {}, [result("hLast").name]);
  },
  crfPaths({ builder, operand, number, result }) {
    const lengths = operand("lengths");
    const field = fieldOf(builder, { emissions: operand("emissions"), transitions: operand("transitions"), lengths });
    const { within, first, from, to, between, row, emissions } = field;
    if (number("K") !== 1) throw new OptionError("ONNX: of the sequences of tags only the likeliest can be exported.");
    const pointers = { type: "i64", shape: row.shape } as const;
    const steps = [
      { ...row, of: emissions },
      { type: "bool", shape: [], of: first } as const,
      { type: "bool", shape: [row.shape[0], 1], of: within } as const,
    ];
    const own = builder.longs([...Array(row.shape[1]).keys()], [1, row.shape[1]]);
    const forward = addScan(builder, {
      states: [{ ...row, first: field.zeros }],
      rows: steps,
      reverse: false,
      step(body, [alpha = ""], [emission = "", begins = "", goesOn = ""]) {
        // [B,from,to]
        const ways = body.node("Add", [body.node("Unsqueeze", [alpha, body.axes(2)]), between]);
        const best = body.node("ReduceMax", [ways], { axes: [1], keepdims: 0 });
        const reached = body.node("Add", [body.node("Where", [begins, from, best]), emission]);
        const after = body.node("Where", [goesOn, reached, alpha]);
        const pointer = body.node("Where", [goesOn, body.node("ArgMax", [ways], { axis: 1, keepdims: 0 }), own]);
        return { states: [after], outputs: [{ ...pointers, name: pointer }] };
      },
    });
    const ends = builder.node("Add", [forward.last[0] as string, to]);
    const scores = builder.node("ReduceMax", [ends], { axes: [1], keepdims: 0 });
    builder.node("Unsqueeze", [ofAny(builder, scores, lengths), builder.axes(0)], {}, [result("scores").name]);
    // The tag of a step, then by its pointer that of the step before.
    const tag = { type: "i64", shape: [row.shape[0], 1] } as const;
    const backward = addScan(builder, {
      states: [{ ...tag, first: builder.node("ArgMax", [ends], { axis: 1, keepdims: 1 }) }],
      rows: [{ ...pointers, of: forward.stacked[0] as string }],
      reverse: true,
      step: (body, [now = ""], [pointer = ""]) => ({
        states: [body.node("GatherElements", [pointer, now], { axis: 1 })],
        outputs: [{ ...tag, name: now }],
      }),
    });
    const tags = builder.node("Cast", [backward.stacked[0] as string], { to: 6 });
    const shown = builder.node("Where", [within, tags, builder.integers([-1])]);
    builder.reshape(shown, result("tags").shape, [result("tags").name]);
  },
  crfMarginals({ builder, operand, result }) {
    const lengths = operand("lengths");
    const field = fieldOf(builder, { emissions: operand("emissions"), transitions: operand("transitions"), lengths });
    const { within, first, from, to, between, row, emissions, T } = field;
    const inside = { type: "bool", shape: [row.shape[0], 1], of: within } as const;
    const forward = addScan(builder, {
      states: [{ ...row, first: field.zeros }],
      rows: [{ ...row, of: emissions }, { type: "bool", shape: [], of: first }, inside],
      reverse: false,
      step(body, [alpha = ""], [emission = "", begins = "", goesOn = ""]) {
        const ways = body.node("Add", [body.node("Unsqueeze", [alpha, body.axes(2)]), between]);
        const reached = body.node("Add", [body.node("Where", [begins, from, logSum(body, ways, 1)]), emission]);
        const after = body.node("Where", [goesOn, reached, alpha]);
        return { states: [after], outputs: [{ ...row, name: after }] };
      },
    });
    const normalizer = logSum(builder, builder.node("Add", [forward.last[0] as string, to]), 1);
    builder.node("Identity", [ofAny(builder, normalizer, lengths)], {}, [result("normalizers").name]);
    const lastStep = builder.node("Sub", [lengths, builder.integers([1])]);
    const ends = builder.node("Equal", [
      builder.node("Unsqueeze", [builder.range(T), builder.axes(1)]),
      builder.node("Unsqueeze", [lastStep, builder.axes(0)]),
    ]);
    const backward = addScan(builder, {
      states: [{ ...row, first: field.zeros }],
      rows: [
        { ...row, of: emissions },
        { ...inside, of: builder.node("Unsqueeze", [ends, builder.axes(2)]) },
      ],
      reverse: true,
      step(body, [ahead = ""], [emission = "", isLast = ""]) {
        const ways = body.node("Add", [body.node("Unsqueeze", [ahead, body.axes(1)]), between]);
        const beta = body.node("Where", [isLast, to, logSum(body, ways, 2)]);
        return { states: [body.node("Add", [beta, emission])], outputs: [{ ...row, name: beta }] };
      },
    });
    const both = builder.node("Add", [forward.stacked[0] as string, backward.stacked[0] as string]);
    const log = builder.node("Sub", [both, builder.node("Unsqueeze", [normalizer, builder.axes(0, 2)])]);
    const shown = builder.node("Where", [within, builder.node("Exp", [log]), builder.floats([0])]);
    builder.node("Identity", [shown], {}, [result("probabilities").name]);
  },
};

/** The parts of a linear-chain conditional random field that its recurrences read. */
function fieldOf(
  builder: OnnxBuilder,
  { emissions, transitions, lengths }: Record<"emissions" | "transitions" | "lengths", OnnxValue>,
) {
  const [T, B, C] = emissions.shape as [Dimension, Dimension, number];
  const rows = (from: number, to: number) =>
    builder.node("Slice", [transitions, builder.longs([from]), builder.longs([to]), builder.axes(0)]);
  return {
    T,
    row: { type: "f32", shape: [B, C] } as { readonly type: "f32"; readonly shape: readonly [Dimension, number] },
    emissions: emissions.name,
    /** bool [T,B,1] */
    within: builder.node("Unsqueeze", [builder.lengthMask(lengths, T), builder.axes(2)]),
    /** bool [T] */
    first: builder.node("Equal", [builder.range(T), builder.integers([0])]),
    zeros: builder.node("Expand", [builder.floats([0]), builder.sizes([B, C])]),
    /** [C,C], [1,C] from the start, [1,C] to the end */
    between: rows(0, C),
    from: rows(C, C + 1),
    to: rows(C + 1, C + 2),
  };
}

/** The numbers [B] of sequences, 0 for those of no tokens. */
function ofAny(builder: OnnxBuilder, numbers: string, lengths: OnnxValue): string {
  const exists = builder.node("Greater", [lengths, builder.integers([0])]);
  return builder.node("Where", [exists, numbers, builder.floats([0])]);
}

/** log sum exp over an axis, which goes. */
function logSum(builder: OnnxBuilder, x: string, axis: number): string {
  const largest = builder.node("ReduceMax", [x], { axes: [axis], keepdims: 1 });
  const sum = builder.node(
    "ReduceSum",
    [builder.node("Exp", [builder.node("Sub", [x, largest])]), builder.axes(axis)],
    { keepdims: 0 },
  );
  return builder.node("Add", [builder.node("Log", [sum]), builder.node("Squeeze", [largest, builder.axes(axis)])]);
}
