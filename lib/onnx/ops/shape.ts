import type { Translations } from "../call.js";
import type { Dimension } from "../dimension.js";
import { sameDimension } from "../dimension.js";

/** Ops that move, repeat and reduce elements. */
export const shape: Translations = {
  reshape({ builder, operand, result }) {
    const { name, shape } = result("y");
    builder.reshape(operand("x"), shape, [name]);
  },
  concat({ builder, several, number, result }) {
    builder.node("Concat", several("tensors"), { axis: number("axis") }, [result("y").name]);
  },
  slice({ builder, operand, dimension, number, result }) {
    const [start, end] = [builder.sizes([dimension("start")]), builder.sizes([dimension("end")])];
    builder.node("Slice", [operand("x"), start, end, builder.axes(number("axis"))], {}, [result("y").name]);
  },
  pad({ builder, operand, dimension, number, result }) {
    const x = operand("x");
    const at = (size: Dimension) => x.shape.map((_, axis) => (axis === number("axis") ? size : 0));
    const pads = builder.sizes([...at(dimension("before")), ...at(dimension("after"))]);
    builder.node("Pad", [x, pads], {}, [result("y").name]);
  },
  transpose({ builder, operand, number, result }) {
    const x = operand("x");
    const [a, b] = [number("axis0"), number("axis1")];
    const perm = x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
    builder.node("Transpose", [x], { perm }, [result("y").name]);
  },
  broadcastTo({ builder, operand, result }) {
    const { name, shape } = result("y");
    builder.node("Expand", [operand("x"), builder.sizes(shape)], {}, [name]);
  },
  sumTo({ builder, operand, result }) {
    const [x, y] = [operand("x"), result("y")];
    const shift = x.shape.length - y.shape.length;
    const axes = x.shape.flatMap((size, axis) =>
      axis < shift || !sameDimension(size, y.shape[axis - shift]) ? [axis] : [],
    );
    builder.reshape(builder.node("ReduceSum", [x, builder.axes(...axes)]), y.shape, [y.name]);
  },
  max({ builder, operand, number, result }) {
    const [x, axis] = [operand("x"), number("axis")];
    builder.node("ReduceMax", [x], { axes: [axis], keepdims: 0 }, [result("y").name]);
    const index = builder.node("ArgMax", [x], { axis, keepdims: 0 });
    builder.node("Cast", [index], { to: 6 }, [result("index").name]);
  },
  mask({ builder, operand, result }) {
    const x = operand("x");
    const within = builder.lengthMask(operand("lengths"), x.shape[0] as Dimension);
    const axes = x.shape.slice(2).map((_, i) => i + 2);
    const spread = axes.length === 0 ? within : builder.node("Unsqueeze", [within, builder.axes(...axes)]);
    builder.node("Where", [spread, x, builder.floats([0])], {}, [result("y").name]);
  },
};
