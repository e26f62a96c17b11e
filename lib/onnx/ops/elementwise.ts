import type { Call, Translation, Translations } from "../call.js";

/** An operator of ONNX that does the same with operands of the same names. */
const as =
  (type: string, names: readonly string[], result = "y"): Translation =>
  ({ builder, operand, result: resultOf }: Call) => {
    builder.node(type, names.map(operand), {}, [resultOf(result).name]);
  };

/** Ops that compute each element by itself, and the functions that they are made of. */
export const elementwise: Translations = {
  add: as("Add", ["a", "b"]),
  subtract: as("Sub", ["a", "b"]),
  multiply: as("Mul", ["a", "b"]),
  divide: as("Div", ["a", "b"]),
  exp: as("Exp", ["x"]),
  log: as("Log", ["x"]),
  sqrt: as("Sqrt", ["x"]),
  tanh: as("Tanh", ["x"]),
  sigmoid: as("Sigmoid", ["x"]),
  relu: as("Relu", ["x"]),
  softplus: as("Softplus", ["x"]),
  copy: as("Identity", ["x"]),
  square: as("Mul", ["x", "x"]),
  affine({ builder, operand, number, result }) {
    const scaled = builder.node("Mul", [operand("x"), builder.floats([number("scale")])]);
    builder.node("Add", [scaled, builder.floats([number("shift")])], {}, [result("y").name]);
  },
  hardSigmoid({ builder, operand, result }) {
    const lines = { alpha: { float: 1 / 6 }, beta: { float: 0.5 } };
    builder.node("HardSigmoid", [operand("x")], lines, [result("y").name]);
  },
  gelu({ builder, operand, result }) {
    const x = operand("x");
    const cube = builder.node("Mul", [builder.node("Mul", [x, x]), x]);
    const sum = builder.node("Add", [x, builder.node("Mul", [cube, builder.floats([0.044715])])]);
    const bent = builder.node("Tanh", [builder.node("Mul", [sum, builder.floats([Math.sqrt(2 / Math.PI)])])]);
    const half = builder.node("Mul", [x, builder.floats([0.5])]);
    builder.node("Mul", [half, builder.node("Add", [bent, builder.floats([1])])], {}, [result("y").name]);
  },
  softmax({ builder, operand, result }) {
    builder.node("Softmax", [operand("x")], { axis: -1 }, [result("y").name]);
  },
  logSoftmax({ builder, operand, result }) {
    builder.node("LogSoftmax", [operand("x")], { axis: -1 }, [result("y").name]);
  },
  layerNorm({ builder, operand, number, result }) {
    const operands = [operand("x"), operand("gain"), operand("bias")];
    builder.node("LayerNormalization", operands, { axis: -1, epsilon: { float: number("epsilon") } }, [
      result("y").name,
    ]);
  },
};
