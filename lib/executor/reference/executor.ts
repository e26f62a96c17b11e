import { describe, InputError, OptionError } from "../../errors.js";
import { turnOfEventLoop } from "../../eventLoop.js";
import { byName, operations } from "../../graph/operation.js";
import type { Op, Port, Program, Shape, Value, VariableSpec } from "../../graph/program.js";
import { elementsOf, firstValues } from "../../graph/program.js";
import { expectProgram, expectVariable } from "../../graph/programRule.js";
import { completeOptions, expectOneOf, word } from "../../options.js";
import type { WeightType } from "../../weights.js";
import { packWeights, unpackWeights, weightTypes } from "../../weights.js";
import type {
  CompileOptions,
  Executable,
  Executor,
  Feeds,
  OpTime,
  Replay,
  ReplayResult,
  RunResult,
  Store,
  Values,
} from "../executor.js";
import { compileRules, expectMatrix, expectSameVariable, expectValues, runRules } from "../executor.js";
import { orderFeeds, orderReplay } from "../feeds.js";
import { layerError } from "../layerError.js";
import { expectProgramFits } from "../memory.js";
import type { Buffer, Floats, Kernel } from "./kernel.js";
import { kernels } from "./kernels.js";

/** The array type of floats. @inline */
type FloatsConstructor = Float32ArrayConstructor | Float64ArrayConstructor;

/**
 * Runs programs in plain TypeScript. In "float64" it is the oracle of the tests; in "float32" it does what the native
 * executor does, slower, wherever JavaScript runs. It computes on the event loop, and lets other work in between two ops
 * when it has held it for some time.
 */
export class ReferenceExecutor implements Executor {
  readonly name: string;
  readonly floats: FloatsConstructor;

  /** @param options.precision type of the values. Default "float32". */
  constructor(options: { precision?: "float32" | "float64" } = {}) {
    const { precision } = completeOptions("ReferenceExecutor", options, {
      precision: word(["float32", "float64"], "float32"),
    });
    this.floats = precision === "float64" ? Float64Array : Float32Array;
    this.name = `reference ${precision}`;
  }

  createStore(): Store {
    return new ReferenceStore(this.floats);
  }

  compile(program: Program, store: Store, options: CompileOptions = {}): Executable {
    const { onTimes, communicator } = completeOptions("compile", options, compileRules);
    if (!(store instanceof ReferenceStore) || store.floats !== this.floats) {
      throw new OptionError("compile: expected a store of this executor: createStore().");
    }
    expectProgram(program);
    expectProgramFits(program, bytesOf(program, this.floats));
    for (const variable of program.variables) store.declare(variable);
    return new ReferenceExecutable(program, store, { onTimes, communicator });
  }
}

/** Bytes of a program's values, each of which has memory of its own here. */
function bytesOf({ values }: Program, floats: FloatsConstructor): number {
  const own = values.filter(({ storage }) => storage.kind === "arena");
  return own.reduce((sum, { shape }) => sum + floats.BYTES_PER_ELEMENT * elementsOf(shape), 0);
}

/** Runs, reads and writes take turns, in the order of the calls: a run that lets other work in between keeps its memory. */
class ReferenceStore implements Store {
  readonly #variables = new Map<string, { spec: VariableSpec; data: Values }>();
  /** Variables have their first values. Rejects for good if some could not be made. */
  #filled: Promise<unknown> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(readonly floats: FloatsConstructor) {}

  declare(spec: VariableSpec): void {
    expectVariable("Store.declare", spec);
    const known = this.#variables.get(spec.name)?.spec;
    if (known) {
      expectSameVariable(known, spec);
      return;
    }
    const Kind = spec.dtype === "f32" ? this.floats : Int32Array;
    const data = new Kind(elementsOf(spec.shape));
    this.#variables.set(spec.name, { spec, data });
    const first = spec[firstValues];
    if (first) this.#fill(data, first);
  }

  /** Sets the first values of a variable when the runs so far are done; what is asked of the store later waits for it. */
  #fill(data: Values, first: () => Promise<Float32Array | Int32Array>): void {
    const before = [this.#filled, this.#turn];
    this.#filled = Promise.all(before).then(async () => data.set(await first()));
    this.#filled.catch(() => {});
  }

  async read(name: string): Promise<Values> {
    const data = this.memory(name);
    return this.queue(async () => data.slice());
  }

  async write(name: string, values: Values): Promise<void> {
    const data = this.memory(name);
    expectValues(name, values, data.length);
    const own = values.slice();
    await this.queue(async () => data.set(own));
  }

  async quantize(name: string, type: WeightType): Promise<void> {
    const data = this.memory(name);
    const { spec } = this.#variables.get(name) as { spec: VariableSpec };
    expectMatrix(spec);
    expectOneOf("quantize", "type", type, weightTypes);
    await this.queue(async () => {
      if (!data.every(Number.isFinite)) throw new InputError(`quantize: a weight of ${name} is not finite.`);
      data.set(unpackWeights(packWeights(data, spec.shape[0] as number, type)));
    });
  }

  queue<R>(work: () => Promise<R>): Promise<R> {
    const filled = this.#filled;
    const turn = this.#turn.then(() => filled).then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** The variable's own memory, which programs read and update. */
  memory(name: string): Values {
    const variable = this.#variables.get(name);
    if (!variable) throw new InputError(`Store: there is no variable ${describe(name)}.`);
    return variable.data;
  }
}

/** Milliseconds after which other work of the event loop gets its turn. */
const longestTurn = 15;
let lastTurn = performance.now();

async function eventLoopTurn(): Promise<void> {
  await turnOfEventLoop();
  lastTurn = performance.now();
}

interface BoundOp {
  readonly kernel: Kernel;
  /** Its memory in a step of the loop that it is in. */
  readonly bound: (step: number) => { readonly call: never; readonly results: readonly (Buffer | null)[] };
}

class ReferenceExecutable implements Executable {
  readonly #store: ReferenceStore;
  readonly #floats: FloatsConstructor;
  readonly #buffers: readonly (Buffer | null)[];
  readonly #ops: readonly BoundOp[];
  readonly #onTimes: CompileOptions["onTimes"];

  constructor(
    readonly program: Program,
    store: ReferenceStore,
    { onTimes, communicator }: CompileOptions,
  ) {
    this.#onTimes = onTimes;
    this.#store = store;
    this.#floats = store.floats;
    this.#buffers = this.#bind(store);
    const zeros = (length: number): Floats => new this.#floats(length);
    const bufferAt = (step: number) => (id: number | null) => {
      if (id === null) return null;
      const { storage, shape } = program.values[id] as Value;
      const buffer = this.#buffers[id] ?? null;
      if (!buffer || storage.kind !== "rows" || !storage.moves) return buffer;
      return { shape, data: rowsOf(buffer.data, storage.index + step, shape) };
    };
    this.#ops = program.ops.map(({ name, operands, results, attributes }: Op, i) => {
      const operation = operations().get(name);
      const kernel = kernels[name];
      if (!operation || !kernel) throw new OptionError(`The reference executor does not know the op ${name}.`);
      const shapeOf = (id: number | null) => (id === null ? null : (program.values[id] as Value).shape);
      const named = <V>(ofOperands: readonly V[], ofResults: readonly V[]) => ({
        ...byName(operation.operands, ofOperands),
        ...byName(operation.results, ofResults),
      });
      const steady = {
        ...byName(operation.attributes ?? [], attributes),
        shapes: named(operands.map(shapeOf), results.map(shapeOf)),
        zeros,
        communicator,
      };
      const bound = (step: number) => {
        const [read, written] = [operands.map(bufferAt(step)), results.map(bufferAt(step))];
        const arrays = [read, written].map((buffers) => buffers.map((buffer) => buffer?.data ?? null));
        return { call: { ...steady, ...named(...(arrays as [Values[], Values[]])) } as never, results: written };
      };
      const fixed = bound(0);
      return { kernel, bound: program.loops.some(({ begin, end }) => begin <= i && i < end) ? bound : () => fixed };
    });
  }

  async run(feeds: Feeds, options: { check?: boolean } = {}): Promise<RunResult> {
    const { check } = completeOptions("run", options, runRules);
    const ordered = orderFeeds(this.program, feeds, this.#floats).map((values) => values.slice());
    return this.#store.queue(() => this.#run(ordered, check));
  }

  async #run(ordered: readonly Values[], check: boolean): Promise<RunResult> {
    const { program } = this;
    for (const [i, { value }] of program.feeds.entries())
      (this.#buffers[value] as Buffer).data.set(ordered[i] as Values);
    let nonFinite: number | null = null;
    const times: OpTime[] = [];
    const start = performance.now();
    const sinceStart = () => (this.#onTimes ? performance.now() - start : 0);
    for (const { op, step } of executions(program)) {
      if (performance.now() - lastTurn > longestTurn) await eventLoopTurn();
      const { kernel, bound } = this.#ops[op] as BoundOp;
      const { call, results } = bound(step);
      const begin = sinceStart();
      try {
        const waiting = kernel(call);
        if (waiting) await waiting;
      } catch (error) {
        throw error instanceof InputError ? layerError(program, op, error) : error;
      }
      if (this.#onTimes) times.push({ op, begin, end: sinceStart() });
      if (!check || results.every((result) => result === null || result.data.every(Number.isFinite))) continue;
      nonFinite = op;
      break;
    }
    this.#onTimes?.(times);
    const outputs = program.outputs.map(
      ({ name, value }) => [name, (this.#buffers[value] as Buffer).data.slice()] as const,
    );
    return { outputs: Object.fromEntries(outputs), nonFinite };
  }

  async replay(feeds: Feeds, replay: Replay): Promise<ReplayResult> {
    const ordered = orderReplay(this.program, replay);
    const next = orderFeeds(this.program, feeds, this.#floats).map((values) => values.slice());
    return this.#store.queue(() => this.#replay(next, ordered));
  }

  async #replay(
    next: readonly Values[],
    { steps, links, counters, collected }: ReturnType<typeof orderReplay>,
  ): Promise<ReplayResult> {
    const { outputs: results } = this.program;
    const kept = collected.map((output) => {
      const { dtype, shape } = this.program.values[(results[output] as Port).value] as Value;
      return new (dtype === "f32" ? this.#floats : Int32Array)(steps * elementsOf(shape));
    });
    let outputs: Record<string, Values> = {};
    const outputAt = (i: number) => outputs[(results[i] as Port).name] as Values;
    for (let step = 0; step < steps; step++) {
      ({ outputs } = await this.#run(next, false));
      for (const [i, output] of collected.entries()) kept[i]?.set(outputAt(output), step * outputAt(output).length);
      for (const { output, feed } of links) next[feed]?.set(outputAt(output));
      for (const i of counters) {
        const values = next[i] as Int32Array;
        values[values.length - 1] = (values[values.length - 1] as number) + 1;
      }
    }
    const named = collected.map((output, i) => [(results[output] as Port).name, kept[i] as Values] as const);
    return { outputs, collected: Object.fromEntries(named) };
  }

  /** Memory for every value: each in the arena gets an array of its own here. */
  #bind(store: ReferenceStore): (Buffer | null)[] {
    const buffers = this.program.values.map(({ dtype, shape, storage }: Value): Buffer | null => {
      if (storage.kind === "none" || "of" in storage) return null;
      if (storage.kind === "variable") return { shape, data: store.memory(storage.name) };
      return { shape, data: new (dtype === "i32" ? Int32Array : this.#floats)(elementsOf(shape)) };
    });
    // Moving rows get the whole stack here, of which each step takes its part.
    const resolve = (id: number): Buffer => {
      const known = buffers[id];
      if (known) return known;
      const { shape, storage } = this.program.values[id] as Value & { storage: { kind: "rows" | "view" } };
      const owner = resolve(storage.of);
      const { data } = owner;
      const buffer =
        storage.kind === "view"
          ? { shape, data }
          : storage.moves
            ? owner
            : { shape, data: rowsOf(data, storage.index, shape, owner.shape) };
      buffers[id] = buffer;
      return buffer;
    };
    for (const { id, storage } of this.program.values) if ("of" in storage) resolve(id);
    return buffers;
  }
}

/** From row `index` on, as much as `shape` holds. `stack`: the stack's shape, where `shape` is not that of one row. */
function rowsOf(data: Buffer["data"], index: number, shape: Shape, stack: Shape = [1, ...shape]): Buffer["data"] {
  const begin = index * elementsOf(stack.slice(1));
  return data.subarray(begin, begin + elementsOf(shape));
}

/** The ops in the order in which they run, each with the step of its loop. */
function* executions({ ops, loops }: Program): Generator<{ op: number; step: number }> {
  for (let op = 0; op < ops.length; ) {
    const loop = loops.find(({ begin }) => begin === op);
    for (let i = 0; i < (loop?.steps ?? 1); i++) {
      const step = loop?.reverse ? loop.steps - 1 - i : i;
      for (let inner = op; inner < (loop?.end ?? op + 1); inner++) yield { op: inner, step };
    }
    op = loop?.end ?? op + 1;
  }
}
