import { OptionError } from "../../errors.js";
import type { Call, Translations } from "../call.js";
import type { Dimension } from "../dimension.js";

/** Channels last, as ours, and first, as those of ONNX. */
const [first, last] = [
  [0, 3, 1, 2],
  [0, 2, 3, 1],
];

/** Windows over images and spellings, and the last tokens of a text. */
export const windows: Translations = {
  convolution({ builder, operand, optional, number, result }) {
    const [x, weight] = [operand("x"), operand("weight")];
    const [stride, padding] = [number("stride"), number("padding")];
    const operands = [x, weight].map((value) => builder.node("Transpose", [value], { perm: first }));
    const attributes = { strides: [stride, stride], pads: [padding, padding, padding, padding] };
    const y = builder.node("Conv", [...operands, optional("bias")], attributes);
    builder.node("Transpose", [y], { perm: last }, [result("y").name]);
  },
  maxPool: (call) => pool("MaxPool", call),
  meanPool: (call) => pool("AveragePool", call),
  filterMaxima({ builder, operand, result }) {
    const [x, weight, bias, lengths] = [operand("x"), operand("weight"), operand("bias"), operand("lengths")];
    const [, C, E] = x.shape as [Dimension, number, number];
    const [F, K] = weight.shape as [number, number];
    const w = K / E;
    // [N,C], 1 up to the length
    const within = builder.node("Less", [
      builder.node("Unsqueeze", [builder.range(C), builder.axes(0)]),
      builder.node("Unsqueeze", [lengths, builder.axes(1)]),
    ]);
    const read = builder.node("Where", [builder.node("Unsqueeze", [within, builder.axes(2)]), x, builder.floats([0])]);
    const byChannel = builder.node("Transpose", [read], { perm: [0, 2, 1] });
    const filters = builder.node("Transpose", [builder.reshape(weight, [F, w, E])], { perm: [0, 2, 1] });
    // [N,F,C]
    const answers = builder.node("Conv", [byChannel, filters, bias], { pads: [0, w - 1], strides: [1] });
    const places = builder.node("Unsqueeze", [within, builder.axes(1)]);
    const counted = builder.node("Where", [places, answers, builder.floats([-3e38])]);
    const largest = builder.node("ReduceMax", [counted], { axes: [2], keepdims: 0 });
    const exists = builder.node("Greater", [
      builder.node("Unsqueeze", [lengths, builder.axes(1)]),
      builder.integers([0]),
    ]);
    builder.node("Where", [exists, largest, builder.floats([0])], {}, [result("y").name]);
  },
  spell({ builder, operand, result }) {
    const [characters, lengths] = [operand("characters"), operand("lengths")];
    const [spellings, places] = [result("spellings"), result("places")];
    // Each token is spelled, also where it came before: the answers are the same.
    const ids = builder.reshape(operand("ids"), spellings.shape.slice(0, 1));
    builder.node("Gather", [characters, ids], { axis: 0 }, [spellings.name]);
    builder.node("Gather", [lengths, ids], { axis: 0 }, [result("spellingLengths").name]);
    builder.reshape(builder.range(spellings.shape[0] as Dimension), places.shape, [places.name]);
  },
  recentIds({ builder, operand, optional, number, result }) {
    const [ids, before, n] = [operand("ids"), optional("before"), number("n")];
    const [T, B] = ids.shape as [Dimension, Dimension];
    if (optional("lengths")) throw new OptionError("ONNX: recentIds with lengths has no counterpart in ONNX.");
    const newest = builder.node("Add", [ids, builder.integers([1])]);
    const past = before
      ? builder.node("Transpose", [before], { perm: [1, 0] })
      : builder.node("Expand", [builder.integers([0]), builder.sizes([n, B])]);
    // From the newest of the past backward: rows n - 1 to 0.
    const reversed = builder.node("Gather", [past, builder.longs(Array.from({ length: n }, (_, k) => n - 1 - k))], {
      axis: 0,
    });
    const all = builder.node("Concat", [reversed, newest], { axis: 0 });
    const shifted = (k: number) => {
      const end = builder.node("Add", [builder.sizes([T]), builder.longs([n - k])]);
      const rows = builder.node("Slice", [all, builder.longs([n - k]), end, builder.axes(0)]);
      return builder.node("Unsqueeze", [rows, builder.axes(2)]);
    };
    const recent = builder.node(
      "Concat",
      Array.from({ length: n }, (_, k) => shifted(k)),
      { axis: 2 },
      [result("recent").name],
    );
    const step = builder.node("Sub", [builder.sizes([T]), builder.longs([1])]);
    const last = builder.node("Gather", [recent, builder.node("Squeeze", [step, builder.axes(0)])], { axis: 0 });
    builder.node("Identity", [last], {}, [result("last").name]);
  },
};

function pool(type: "MaxPool" | "AveragePool", { builder, operand, number, result }: Call): void {
  const [size, stride] = [number("size"), number("stride")];
  const x = builder.node("Transpose", [operand("x")], { perm: first as number[] });
  const y = builder.node(type, [x], { kernel_shape: [size, size], strides: [stride, stride] });
  builder.node("Transpose", [y], { perm: last as number[] }, [result("y").name]);
}
