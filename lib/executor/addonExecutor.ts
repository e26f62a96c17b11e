import { describe, InputError, OptionError } from "../errors.js";
import { turnOfEventLoop } from "../eventLoop.js";
import type { Program, VariableSpec } from "../graph/program.js";
import { elementsOf, firstValues } from "../graph/program.js";
import { expectProgram, expectVariable } from "../graph/programRule.js";
import { completeOptions, expectOneOf } from "../options.js";
import type { WeightType } from "../weights.js";
import { weightTypes } from "../weights.js";
import type { Addon, AddonCommunicator, AddonProgram, AddonSearch, AddonStore, AddonTimes } from "./addon.js";
import { named, ownError } from "./addonErrors.js";
import type { Communicator } from "./communicator.js";
import { arenaOf, encodeProgram } from "./encode.js";
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
} from "./executor.js";
import { compileRules, expectMatrix, expectSameVariable, expectValues, runRules } from "./executor.js";
import { orderFeeds, orderReplay } from "./feeds.js";
import { expectProgramFits } from "./memory.js";
import type { FoundSentence, RunningSearch, SearchPlan, SearchPorts } from "./search.js";
import { encodeSearch, orderPorts } from "./search.js";

/** The parts of an addon that run programs. */
export type ProgramAddon = Pick<Addon, "Store" | "Program" | "Search"> & {
  /** The ops; an op's code in an encoded program is its position here. */
  operations(): readonly { readonly name: string }[];
};

/** Abilities that an addon has beyond those of WebAssembly. */
interface Abilities {
  /** Precision of matrix products, in the addon's numbering. Default 0, highest. */
  readonly precision?: number;
  /** The addon's part of a communicator. Default: it knows none. @throws OptionError for one of another kind. */
  readonly handleOf?: (communicator: Communicator) => AddonCommunicator;
}

/** Runs programs in C++, in whatever form that is loaded. */
export class AddonExecutor implements Executor {
  readonly floats = Float32Array;
  readonly #addon: ProgramAddon;
  readonly #precision: number;
  readonly #handleOf: (communicator: Communicator) => AddonCommunicator;
  readonly #codes: ReadonlyMap<string, number>;

  /** @internal */
  constructor(
    readonly name: string,
    addon: ProgramAddon,
    { precision = 0, handleOf = noCommunicator }: Abilities = {},
  ) {
    this.#addon = addon;
    this.#precision = precision;
    this.#handleOf = handleOf;
    this.#codes = new Map(addon.operations().map(({ name }, code) => [name, code]));
  }

  createStore(): Store {
    return new BoundStore(this.#addon);
  }

  compile(program: Program, store: Store, options: CompileOptions = {}): Executable {
    const { onTimes, communicator } = completeOptions("compile", options, compileRules);
    if (!(store instanceof BoundStore && store.addon === this.#addon)) {
      throw new OptionError("compile: expected a store of this executor: createStore().");
    }
    expectProgram(program);
    const arena = arenaOf(program);
    expectProgramFits(program, arena.bytes);
    for (const variable of program.variables) store.declare(variable);
    const encoded = encodeProgram(program, { codes: this.#codes, variables: store.indexes(), arena });
    const ranks = communicator && this.#handleOf(communicator);
    const loaded = named(
      () => new this.#addon.Program(store.handle, encoded, this.#precision, onTimes !== undefined, ranks),
    );
    return new BoundExecutable(program, store, { loaded, addon: this.#addon, onTimes });
  }
}

function noCommunicator(): never {
  throw new OptionError("compile: WebAssembly computes alone, without a communicator: use the native executor.");
}

/** Values that are copied before the event loop has a turn: 2 MB, a few milliseconds where the memory is new. */
const partLength = 2 ** 19;

/** Runs, reads and writes of one store take turns, in the order of the calls. */
class BoundStore implements Store {
  readonly handle: AddonStore;
  readonly #variables = new Map<string, { index: number; spec: VariableSpec }>();
  #turn: Promise<unknown> = Promise.resolve();
  /** Rejects for good if the first values of a variable could not be made. */
  #filled: Promise<unknown> = Promise.resolve();

  /** @param addon the addon that keeps the values: programs of another one cannot reach them. */
  constructor(readonly addon: ProgramAddon) {
    this.handle = new addon.Store();
  }

  declare(spec: VariableSpec): void {
    expectVariable("Store.declare", spec);
    const known = this.#variables.get(spec.name);
    if (known) {
      expectSameVariable(known.spec, spec);
      return;
    }
    const index = named(() => this.handle.declare(spec.dtype === "f32" ? 0 : 1, elementsOf(spec.shape)));
    this.#variables.set(spec.name, { index, spec });
    const first = spec[firstValues];
    if (first) this.#fill(index, first);
  }

  /** Writes the first values of a variable when the runs so far are done; what is asked of the store later waits for it. */
  #fill(index: number, first: () => Promise<Float32Array | Int32Array>): void {
    const before = [this.#filled, this.#turn];
    this.#filled = Promise.all(before).then(async () => this.#inParts("write", index, await first()));
    this.#filled.catch(() => {});
  }

  async read(name: string): Promise<Values> {
    const { index, spec } = this.#known(name);
    const values =
      spec.dtype === "f32" ? new Float32Array(elementsOf(spec.shape)) : new Int32Array(elementsOf(spec.shape));
    await this.queue(() => this.#inParts("read", index, values));
    return values;
  }

  async write(name: string, values: Values): Promise<void> {
    const { index, spec } = this.#known(name);
    expectValues(name, values, elementsOf(spec.shape));
    const Kind = spec.dtype === "f32" ? Float32Array : Int32Array;
    // A copy of the same type is one copy of memory, `from` a loop.
    const own = values instanceof Kind ? values.slice() : Kind.from(values);
    await this.queue(() => this.#inParts("write", index, own));
  }

  /** Copies a variable in parts, with turns of the event loop in between. To be called in the store's turn. */
  async #inParts(way: "read" | "write", index: number, values: Float32Array | Int32Array): Promise<void> {
    for (let begin = 0; begin < values.length; begin += partLength) {
      if (begin > 0) await turnOfEventLoop();
      named(() => this.handle[way](index, values.subarray(begin, begin + partLength), begin));
    }
  }

  async map(name: string, { fd, begin }: { fd: number; begin: number }): Promise<boolean> {
    const { index } = this.#known(name);
    return this.queue(async () => named(() => this.handle.map(index, fd, begin)));
  }

  async quantize(name: string, type: WeightType): Promise<void> {
    const { index, spec } = this.#known(name);
    expectMatrix(spec);
    const code = 1 + weightTypes.indexOf(expectOneOf("quantize", "type", type, weightTypes));
    await this.queue(async () => named(() => this.handle.compact(index, spec.shape[0] as number, code)));
  }

  indexes(): Map<string, number> {
    return new Map([...this.#variables].map(([name, { index }]) => [name, index]));
  }

  queue<R>(work: () => Promise<R>): Promise<R> {
    const filled = this.#filled;
    const turn = this.#turn.then(() => filled).then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #known(name: string) {
    const variable = this.#variables.get(name);
    if (!variable) throw new InputError(`Store: there is no variable ${describe(name)}.`);
    return variable;
  }
}

class BoundExecutable implements Executable {
  private readonly loaded: AddonProgram;
  private readonly addon: ProgramAddon;
  private readonly onTimes: CompileOptions["onTimes"];

  constructor(
    readonly program: Program,
    private readonly store: BoundStore,
    { loaded, addon, onTimes }: { loaded: AddonProgram; addon: ProgramAddon } & CompileOptions,
  ) {
    this.loaded = loaded;
    this.addon = addon;
    this.onTimes = onTimes;
  }

  async run(feeds: Feeds, options: { check?: boolean } = {}): Promise<RunResult> {
    const { check } = completeOptions("run", options, runRules);
    const ordered = this.#copied(feeds);
    const { outputs, nonFinite } = await this.#queue(() => this.loaded.run(ordered, check));
    return { outputs: this.#named(outputs), nonFinite: nonFinite < 0 ? null : nonFinite };
  }

  async replay(feeds: Feeds, replay: Replay): Promise<ReplayResult> {
    const ordered = this.#copied(feeds);
    const { steps, links, counters, collected: kept } = orderReplay(this.program, replay);
    const pairs = Int32Array.from(links.flatMap(({ output, feed }) => [output, feed]));
    const { outputs, collected } = await this.#queue(() =>
      this.loaded.replay(ordered, steps, pairs, Int32Array.from(counters), Int32Array.from(kept)),
    );
    return {
      outputs: this.#named(outputs),
      collected: Object.fromEntries((replay.collect ?? []).map((name, i) => [name, collected[i] as Values])),
    };
  }

  search(ports: SearchPorts, feeds: Feeds, plan: SearchPlan): RunningSearch {
    const ordered = orderPorts(this.program, ports);
    const all = orderFeeds(this.program, { ...feeds, [ports.tokens]: new Int32Array(ordered.N) }, Float32Array);
    const search = named(
      () => new this.addon.Search(this.loaded, encodeSearch(ordered, plan), all as (Float32Array | Int32Array)[]),
    );
    return {
      advance: async (steps, options) => {
        const { done, best } = await this.#queue(() => search.advance(steps, options.best));
        return { done, best: best.map((tokens) => tokens && Array.from(tokens)) };
      },
      result: () => named(() => search.result()).map(foundSentence),
    };
  }

  /** Feeds are copied now: callers may reuse their arrays. */
  #copied(feeds: Feeds): (Float32Array | Int32Array)[] {
    return orderFeeds(this.program, feeds, Float32Array).map((array) => array.slice()) as (Float32Array | Int32Array)[];
  }

  #named(outputs: readonly Values[]): Record<string, Values> {
    return Object.fromEntries(this.program.outputs.map(({ name }, i) => [name, outputs[i] as Values]));
  }

  /** Waits for the store's turn. Errors get the caller's stack, which those made in C++ have not. */
  async #queue<R extends AddonTimes>(work: () => Promise<R>): Promise<R> {
    const here = new Error();
    try {
      const result = await this.store.queue(work);
      if (result.times) this.onTimes?.(opTimes(result.times));
      return result;
    } catch (error) {
      const own = ownError(error, this.program);
      own.stack = `${own.name}: ${own.message}\n${(here.stack ?? "").split("\n").slice(1).join("\n")}`;
      throw own;
    }
  }
}

/** Times that come as three numbers for each op. */
function opTimes(words: Float64Array): OpTime[] {
  return Array.from({ length: words.length / 3 }, (_, i) => {
    const [op, begin, end] = words.subarray(3 * i) as unknown as [number, number, number];
    return { op, begin, end };
  });
}

/** A sentence's result as arrays of its own, instead of those that cross the boundary. */
function foundSentence({ hypotheses, tree }: ReturnType<AddonSearch["result"]>[number]): FoundSentence {
  return {
    hypotheses: hypotheses.map(({ ids, score, logProbabilities, ended, attention }) => {
      const count = logProbabilities.length;
      const S = (attention?.length ?? 0) / Math.max(count, 1);
      return {
        ids: Array.from(ids),
        score,
        logProbabilities: Array.from(logProbabilities),
        ended,
        ...(attention
          ? { attention: Array.from({ length: count }, (_, i) => attention.subarray(i * S, (i + 1) * S)) }
          : {}),
      };
    }),
    ...(tree ? { tree: Array.from({ length: tree.length / 4 }, (_, i) => treeNode(tree.subarray(4 * i))) } : {}),
  };
}

function treeNode(words: Float64Array) {
  const [id, parent, logProbability, score] = words as unknown as [number, number, number, number];
  return { id, parent, logProbability, score };
}
