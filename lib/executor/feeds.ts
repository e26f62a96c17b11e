import { describe, InputError } from "../errors.js";
import type { Port, Program, Value } from "../graph/program.js";
import { elementsOf, shapeText } from "../graph/program.js";
import { completeOptions, list, record, text, whole } from "../options.js";
import type { Feeds, Replay, Values } from "./executor.js";

/**
 * The feeds of a run as typed arrays in the program's order. Plain numbers become arrays of one; an executor with float64 values
 * takes float32 ones too.
 * @param floats the executor's type for f32 values.
 * @throws InputError for a missing or unknown name, the wrong type, or the wrong number of values.
 */
export function orderFeeds(
  program: Program,
  feeds: Feeds,
  floats: Float32ArrayConstructor | Float64ArrayConstructor,
): Values[] {
  const names = program.feeds.map(({ name }) => name);
  if (typeof feeds !== "object" || feeds === null) {
    throw new InputError(`run: expected feeds by name: ${names.join(", ")}; got ${describe(feeds)}.`);
  }
  for (const name of Object.keys(feeds)) {
    if (!names.includes(name))
      throw new InputError(`run: the program has no feed ${JSON.stringify(name)}; it has ${names.join(", ")}.`);
  }
  return program.feeds.map((port) => feedOf(program, port, feeds[port.name], floats));
}

function feedOf(
  program: Program,
  { name, value: id }: Port,
  fed: Values | number | undefined,
  floats: Float32ArrayConstructor | Float64ArrayConstructor,
): Values {
  const { dtype, shape } = program.values[id] as Value;
  const kind = dtype === "f32" ? floats : Int32Array;
  const wanted = `a ${kind.name} of shape ${shapeText(shape)}`;
  if (fed === undefined) throw new InputError(`run: feed ${JSON.stringify(name)} is missing; expected ${wanted}.`);
  const widened = fed instanceof Float32Array && kind === Float64Array ? Float64Array.from(fed) : fed;
  const array = typeof widened === "number" ? kind.of(widened) : widened;
  if (!(array instanceof kind)) {
    throw new InputError(`run: expected feed ${JSON.stringify(name)} to be ${wanted}, got ${describe(fed)}.`);
  }
  if (array.length !== elementsOf(shape)) {
    throw new InputError(`run: expected feed ${JSON.stringify(name)} to be ${wanted}, got ${array.length} values.`);
  }
  return array;
}

/** Most runs of one replay. */
const mostSteps = 4096;

const replayRules = {
  steps: whole({ minimum: 1, maximum: mostSteps }),
  carry: record(text()),
  counters: list(text(), []),
  collect: list(text(), []),
};

/** A replay with the numbers of feeds and outputs instead of their names. @throws InputError for what does not fit. */
export function orderReplay({ feeds, outputs, values }: Program, replay: Replay) {
  const { steps, carry, counters, collect } = completeOptions("replay", replay, replayRules);
  const find = (ports: readonly Port[], kind: string, name: string) => {
    const index = ports.findIndex((port) => port.name === name);
    if (index < 0) throw new InputError(`replay: the program has no ${kind} ${JSON.stringify(name)}.`);
    return { index, value: values[(ports[index] as Port).value] as Value };
  };
  const links = Object.entries(carry).map(([feedName, outputName]) => {
    const [from, to] = [find(outputs, "output", outputName), find(feeds, "feed", feedName)];
    if (from.value.dtype !== to.value.dtype || elementsOf(from.value.shape) !== elementsOf(to.value.shape)) {
      throw new InputError(
        `replay: output ${JSON.stringify(outputName)} does not fit feed ${JSON.stringify(feedName)}.`,
      );
    }
    return { output: from.index, feed: to.index };
  });
  const counted = counters.map((name) => {
    const { index, value } = find(feeds, "feed", name);
    if (value.dtype !== "i32") throw new InputError(`replay: counter ${JSON.stringify(name)} holds no whole numbers.`);
    return index;
  });
  return { steps, links, counters: counted, collected: collect.map((name) => find(outputs, "output", name).index) };
}
