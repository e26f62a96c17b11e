import { InputError } from "../errors.js";
import { turnOfEventLoop } from "../eventLoop.js";
import type { Shape } from "../graph/program.js";
import { elementsOf, shapeText } from "../graph/program.js";
import { randomSource } from "../random/source.js";
import type { Initializer } from "./initializers.js";

/** Milliseconds of work after which the event loop has a turn. */
const longestTurn = 4;

/** The first values of a parameter. @throws InputError for an initializer that gives something else. */
export async function initialValues(
  { name, shape, initializer }: { name: string; shape: Shape; initializer: Initializer },
  seed: number,
): Promise<Float32Array> {
  const random = randomSource(seed, name);
  let values: unknown;
  try {
    values = initializer.slices ? await inSlices(initializer.slices(shape, random)) : initializer(shape, random);
  } catch (error) {
    throw new InputError(`${name}: its initializer failed: ${error instanceof Error ? error.message : error}`, error);
  }
  if (values instanceof Float32Array && values.length === elementsOf(shape)) return values;
  throw new InputError(
    `${name}: expected its initializer to give a Float32Array of shape ${shapeText(shape)}, ` +
      `got ${values instanceof Float32Array ? `${values.length} values` : typeof values}.`,
  );
}

async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  for (let begin = performance.now(); ; ) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() - begin < longestTurn) continue;
    await turnOfEventLoop();
    begin = performance.now();
  }
}
