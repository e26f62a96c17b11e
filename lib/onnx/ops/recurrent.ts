import { OptionError } from "../../errors.js";
import type { OnnxBuilder, OnnxValue } from "../builder.js";
import type { Call, Translations } from "../call.js";

/** Our gates in the order in which ONNX has them: i, o, f, g of an LSTM, and z, r, n of a GRU. */
const gateOrders = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2], RNN: [0] } as const;

/** Cells over a whole sequence. */
export const recurrent: Translations = {
  lstm: (call) => cell("LSTM", call, ["h", "c"], {}),
  gru: (call) => cell("GRU", call, ["h"], { linear_before_reset: call.number("resetAfter") }),
  rnn: (call) => cell("RNN", call, ["h"], { activations: [call.number("activation") === 0 ? "Tanh" : "Relu"] }),
};

function cell(
  type: keyof typeof gateOrders,
  { builder, operand, optional, number, result }: Call,
  states: readonly string[],
  attributes: Readonly<Record<string, number | readonly string[]>>,
): void {
  const [x, y] = [operand("x"), result("y")];
  const [W, R] = [operand("weight_ih"), operand("weight_hh")];
  const H = R.shape[1] as number;
  const first = states.map((state) => firstState(builder, operand(`${state}0`)));
  const outputs = [builder.fresh(type), ...states.map(() => builder.fresh(type))];
  const inputs = [
    x,
    inOrder(builder, type, [W]),
    inOrder(builder, type, [R]),
    biases(builder, type, { H, ih: optional("bias_ih"), hh: optional("bias_hh") }),
    optional("lengths"),
    ...first,
  ];
  const direction = number("reverse") === 1 ? "reverse" : "forward";
  builder.node(type, inputs, { hidden_size: H, direction, ...attributes }, outputs);
  // The axis of directions is one that our values do not have.
  builder.node("Squeeze", [outputs[0] as string, builder.axes(1)], {}, [y.name]);
  for (const [i, state] of states.entries()) {
    builder.node("Squeeze", [outputs[i + 1] as string, builder.axes(0)], {}, [result(`${state}Last`).name]);
  }
}

/** [B,H] as [1,B,H]; nothing for zeros, which are the default. */
function firstState(builder: OnnxBuilder, state: OnnxValue): string | null {
  return state.zeros ? null : builder.node("Unsqueeze", [state, builder.axes(0)]);
}

/** Weights after each other, the gates of each in the order of ONNX, with an axis of directions: [1,...]. */
function inOrder(builder: OnnxBuilder, type: keyof typeof gateOrders, weights: readonly OnnxValue[]): string {
  const order = gateOrders[type];
  const rows = weights.flatMap(({ name, shape, values }) => {
    if (!values)
      throw new OptionError(`ONNX: the weights of ${type} are constants of its file, and ${name} is computed.`);
    const size = values.length / order.length;
    return order.map((gate) => values.subarray(gate * size, (gate + 1) * size)).map((part) => ({ part, shape }));
  });
  const joined = new Float32Array(rows.reduce((sum, { part }) => sum + part.length, 0));
  let place = 0;
  for (const { part } of rows) {
    joined.set(part, place);
    place += part.length;
  }
  const columns = (weights[0]?.shape.slice(1) ?? []) as number[];
  const height = joined.length / columns.reduce((product, size) => product * size, 1);
  const name = `${weights.map((weight) => weight.name).join(", ")} for ${type}`;
  return builder.tensor({ name, type: "f32", shape: [1, height, ...columns], values: joined });
}

function biases(
  builder: OnnxBuilder,
  type: keyof typeof gateOrders,
  { H, ih, hh }: { H: number; ih: OnnxValue | null; hh: OnnxValue | null },
): string | null {
  if (!ih && !hh) return null;
  const none = (name: string): OnnxValue => {
    const size = gateOrders[type].length * H;
    return { name: `no ${name}`, type: "f32", shape: [size], values: new Float32Array(size) };
  };
  return inOrder(builder, type, [ih ?? none("bias_ih"), hh ?? none("bias_hh")]);
}
