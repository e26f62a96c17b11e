import { describe, InputError, ShapeError } from "../errors.js";
import type { Program, VariableSpec } from "../graph/program.js";
import { sameShape, shapeText } from "../graph/program.js";
import { callback, flag, optional } from "../options.js";
import type { WeightType } from "../weights.js";
import type { Communicator } from "./communicator.js";
import { communicatorRule } from "./communicator.js";
import type { RunningSearch, SearchPlan, SearchPorts } from "./search.js";

/** The values that go into a run and come out. Float64Array only with the float64 reference executor. */
export type Values = Float32Array | Float64Array | Int32Array;

/** Runs Programs. There are two: native (C++) and reference (TypeScript). They run the same ops. */
export interface Executor {
  readonly name: string;
  /** The array type of this executor's "f32" values: Float64Array only for the float64 reference. */
  readonly floats: Float32ArrayConstructor | Float64ArrayConstructor;
  /** Name of what its rounding depends on besides the program and its executor: ranks that train together have the same. Default: nothing. */
  readonly rounding?: string;
  createStore(): Store;
  /** Checks the program, plans its memory and binds it to the variables of `store`, declaring those that are new. */
  compile(program: Program, store: Store, options?: CompileOptions): Executable;
}

export interface CompileOptions {
  /** Called after each run, replay and part of a search with the times of its ops. Default: no times are taken. */
  readonly onTimes?: ((times: readonly OpTime[]) => void) | undefined;
  /** The ranks over which `allReduce` adds. Default: none, this process is alone. */
  readonly communicator?: Communicator | undefined;
}

/** Rules of the options of compile(). */
export const compileRules = {
  onTimes: callback<NonNullable<CompileOptions["onTimes"]>>(),
  communicator: optional(communicatorRule),
};

/** An op that ran, by its number in the program, and when, in milliseconds since the run began. Ops of a loop run in each step. */
export interface OpTime {
  readonly op: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * The values that outlive a run: parameters, optimizer moments, carried recurrent state. Several programs share one
 * store. Runs, reads and writes of one store happen one after the other, in the order of the calls.
 */
export interface Store {
  /** Adds a variable, filled with zeros. Declaring the same variable again is fine; with another shape it is an error. */
  declare(variable: VariableSpec): void;
  /** A copy of the variable's values. */
  read(name: string): Promise<Values>;
  /** Replaces the variable's values. @throws InputError if the number of values does not fit. */
  write(name: string, values: Values): Promise<void>;
  /**
   * Rounds a matrix, row by row, to numbers that fit into a smaller type. Reads, files and products all see the rounded
   * numbers; an executor may also keep them in that type and read those where that is faster, until the values change.
   * @throws InputError if a value is not finite.
   */
  quantize(name: string, type: WeightType): Promise<void>;
  /**
   * Takes the values of a variable from an open file of this machine's numbers, where they begin at byte `begin`: they are read when
   * they are looked at, and never written. Absent in an executor that cannot do so.
   * @returns whether it could be done; not once a program uses the variable.
   */
  map?(name: string, file: { fd: number; begin: number }): Promise<boolean>;
}

/** @throws ShapeError unless a variable that a store knows is declared again as it is. */
export function expectSameVariable(known: VariableSpec, again: VariableSpec): void {
  if (known.dtype === again.dtype && sameShape(known.shape, again.shape)) return;
  const text = ({ dtype, shape }: VariableSpec) => dtype + shapeText(shape);
  throw new ShapeError(`Store: variable ${JSON.stringify(known.name)} is ${text(known)}, not ${text(again)}.`);
}

/** @throws ShapeError unless a variable is a matrix of float values. */
export function expectMatrix({ name, dtype, shape }: VariableSpec): void {
  if (dtype === "f32" && shape.length === 2) return;
  throw new ShapeError(`quantize: expected a matrix of f32 values, got ${name} ${dtype}${shapeText(shape)}.`);
}

/** @throws InputError unless these are `count` numbers. */
export function expectValues(name: string, values: unknown, count: number): void {
  const isArray = Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
  if (isArray && (values as Values).length === count) return;
  const got = isArray ? String((values as Values).length) : describe(values);
  throw new InputError(`Store: expected ${count} values for ${JSON.stringify(name)}, got ${got}.`);
}

/** Rules of the options of a run. */
export const runRules = { check: flag() };

export type Feeds = Readonly<Record<string, Values | number>>;

export interface RunResult {
  readonly outputs: Record<string, Values>;
  /** With `check`: the index of the first op that wrote a NaN or an infinity, or null. */
  readonly nonFinite: number | null;
}

/** How a program is run several times in a row: a step of a sequence, fed with what it gave. */
export interface Replay {
  /** 1 to 4096: nothing can stop a replay. */
  readonly steps: number;
  /** By feed: the output whose value it gets for the next run. As many elements of the same type. */
  readonly carry: Readonly<Record<string, string>>;
  /** Feeds of whole numbers whose last element grows by one after each run. */
  readonly counters?: readonly string[];
  /** Outputs whose values of all runs are kept. */
  readonly collect?: readonly string[];
}

export interface ReplayResult {
  /** Outputs of the last run. */
  readonly outputs: Record<string, Values>;
  /** [steps, ...] */
  readonly collected: Record<string, Values>;
}

/** A program bound to a store, with its memory. */
export interface Executable {
  readonly program: Program;
  /**
   * Runs the program once, off the event loop where the executor can.
   * @param feeds one entry for each feed of the program; scalars may be plain numbers.
   * @param options.check look at every result of every op for NaN and infinity; slow, for finding where one began.
   * @throws InputError for a missing, unknown or ill-shaped feed, or an id outside its table.
   */
  run(feeds: Feeds, options?: { readonly check?: boolean }): Promise<RunResult>;
  /**
   * Runs the program `steps` times, without coming back to JavaScript in between.
   * @throws InputError as run() does, and for a feed or output that the program does not have.
   */
  replay(feeds: Feeds, replay: Replay): Promise<ReplayResult>;
  /**
   * Beam search that replays the program, where the executor has one of its own (lib/search has it in TypeScript). `feeds`: all but
   * ports.tokens.
   * @throws InputError for feeds or ports that do not fit.
   * @internal
   */
  search?(ports: SearchPorts, feeds: Feeds, plan: SearchPlan): RunningSearch;
}
