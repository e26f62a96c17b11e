import { ShapeError } from "../../errors.js";
import { checkOption, completeOptions, flag, optional, value, whole } from "../../options.js";
import { owned } from "../owned.js";
import type { NamedTensors, Tensor } from "../tensor.js";
import { expectTensor } from "../tensor.js";
import { copy } from "./shape.js";

/** Operands of `scan`. @inline */
export interface ScanOperands<Inputs extends string, States extends string> {
  /** [T,...], of which the body gets one row a step. May be empty where `steps` is given. */
  inputs: NamedTensors<Inputs>;
  /** State before the first step. */
  state: NamedTensors<States>;
  /** T; needed where there are no inputs. */
  steps?: number;
  /** Walk from the last step to the first. */
  reverse?: boolean;
}

const named = value<object>("tensors by name", (tensors) => typeof tensors === "object" && tensors !== null);
const rules = { inputs: named, state: named, steps: optional(whole({ minimum: 1 })), reverse: flag() };
const stepRule = value("{ state, outputs? }", (step) => typeof (step as { state?: unknown })?.state === "object");
const bodyRule = value("a function that records a step", (body) => typeof body === "function");

/**
 * Runs a body over time: a recurrent network whose step is whatever the body records. The program holds the body once, and
 * its gradient, a loop in the opposite direction, once; gradients of weights that every step meets are one product over all
 * steps.
 *
 * ```ts
 * const { states } = scan({ inputs: { x }, state: { h: h0 } }, ({ x }, { h }) => ({
 *   state: { h: ops.tanh(ops.add(ops.linear(x, weight_ih), ops.linear(h, weight_hh))) },
 * }));
 * ```
 * @param body records one step from a row of each input and the state before it. It may read any tensor from outside. Ops with
 *   weights of their own (linearCrossEntropy, lstm) belong after the scan, on what it returns: their gradients would be kept for
 *   every step. `linear`, `attention`, `lstmCell` and the like are made for bodies.
 * @returns outputs [T,...]: those of all steps; states [T,...]: the states after them; last: the state after the last one.
 * It has no second derivative.
 * @throws ShapeError if inputs have different lengths, a state changes its shape, or this is inside another scan.
 */
export function scan<Inputs extends string, States extends string, Outputs extends string = never>(
  operands: ScanOperands<Inputs, States>,
  body: (
    inputs: NamedTensors<Inputs>,
    state: NamedTensors<States>,
  ) => { state: NamedTensors<States>; outputs?: NamedTensors<Outputs> },
): { outputs: NamedTensors<Outputs>; states: NamedTensors<States>; last: NamedTensors<States> } {
  const { inputs, state, steps, reverse } = completeOptions("scan", operands, rules) as Required<typeof operands>;
  checkOption("scan", "body", body, bodyRule);
  for (const [name, tensor] of Object.entries({ ...inputs, ...state })) {
    expectTensor("scan", JSON.stringify(name), tensor);
  }
  const graph = Object.values<Tensor>({ ...inputs, ...state })[0]?.graph;
  const T = steps ?? Object.values<Tensor>(inputs)[0]?.shape[0];
  if (!graph || T === undefined) throw new ShapeError("scan: expected inputs, or a state and a number of steps.");
  for (const [name, x] of Object.entries<Tensor>(inputs)) {
    if (x.shape[0] === T) continue;
    throw new ShapeError(`scan: expected ${T} rows of input ${JSON.stringify(name)}, got ${x}.`);
  }
  const [before, after] = reverse ? [1, 0] : [0, 1];
  // Tensors whose rows steps take must lie in the arena.
  const stacked = mapped(inputs, (x) => (graph.isVariable(x) ? copy(x) : x));
  const stacks = mapped(state, (h0, name) => {
    const stack = graph.loops.stack(h0.dtype, [T + 1, ...h0.shape], name);
    graph.loops.put(copy(h0), stack, reverse ? T : 0);
    return stack;
  });
  const outputs = graph.loop({ steps: T, reverse }, () => {
    const step = body(
      mapped(stacked, (x) => graph.loops.rows(x, 0)),
      mapped(stacks, (stack) => graph.loops.rows(stack, before)),
    );
    checkOption("scan", "what the body returns", step, stepRule);
    for (const [name, stack] of Object.entries<Tensor>(stacks)) {
      const next = step.state[name as States] as Tensor | undefined;
      if (next?.shape?.join() !== stack.shape.slice(1).join() || next.dtype !== stack.dtype) {
        throw new ShapeError(
          `scan: the state ${JSON.stringify(name)} begins as ${state[name as States]}, but a step makes it ${next}.`,
        );
      }
      graph.loops.put(owned(graph, next), stack, after);
    }
    return mapped(step.outputs ?? ({} as NamedTensors<Outputs>), (y, name) => {
      expectTensor("scan", `output ${JSON.stringify(name)}`, y);
      const stack = graph.loops.stack(y.dtype, [T, ...y.shape], name);
      graph.loops.put(owned(graph, y), stack, 0);
      return stack;
    });
  });
  return {
    outputs,
    states: mapped(stacks, (stack) => graph.loops.rows(stack, after, [T, ...stack.shape.slice(1)])),
    last: mapped(stacks, (stack) => graph.loops.rows(stack, reverse ? 0 : T)),
  };
}

function mapped<Names extends string>(
  tensors: NamedTensors<Names>,
  change: (tensor: Tensor, name: string) => Tensor,
): NamedTensors<Names> {
  return Object.fromEntries(
    Object.entries<Tensor>(tensors).map(([name, tensor]) => [name, change(tensor, name)]),
  ) as NamedTensors<Names>;
}
