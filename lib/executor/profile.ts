import { costOf } from "../graph/cost.js";
import type { OpCost } from "../graph/operation.js";
import type { Op, Program } from "../graph/program.js";
import { checkOption, value } from "../options.js";
import type { Executor, OpTime } from "./executor.js";

/** The cost of an op of a layer, over all runs. */
export interface ProfileRow {
  /** Layer path; "" for ops outside of layers. */
  readonly layer: string;
  readonly op: string;
  /** How often it ran. Ops of a loop run once for each step. */
  readonly runs: number;
  readonly milliseconds: number;
  /** Multiplications and additions of its matrix products; 0 where it has none. */
  readonly flops: number;
  /** Bytes of what it read and wrote, each value counted once a run. */
  readonly bytes: number;
}

/** An event of a Chrome trace, which chrome://tracing and Perfetto show. Times are in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: "X";
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  /** Number of the program. */
  readonly tid: number;
  readonly args: { readonly layer: string; readonly flops: number; readonly bytes: number };
}

interface Watched {
  readonly program: Program;
  readonly costs: readonly OpCost[];
  readonly runs: number[];
  readonly milliseconds: number[];
}

/** Events that a trace keeps; later ones count in the rows only. */
const mostEvents = 1_000_000;

/**
 * Where time goes: each op of each program that runs on a watched executor, by layer.
 *
 * ```ts
 * const profile = new Profile();
 * const model = await LanguageModel.load("my-model", { executor: profile.watch(nativeExecutor()) });
 * await model.evaluate(text);
 * console.log(profile.table());
 * ```
 *
 * Programs of other executors take no times, and cost nothing more for it.
 */
export class Profile {
  readonly #programs: Watched[] = [];
  readonly #events: TraceEvent[] = [];

  /** The same executor, whose runs, replays and searches are added to this profile. */
  watch(executor: Executor): Executor {
    checkOption("Profile.watch", "executor", executor, executorLike);
    const { name, floats, rounding } = executor;
    return {
      ...{ name, floats, ...(rounding === undefined ? {} : { rounding }) },
      createStore: () => executor.createStore(),
      compile: (program, store, options) => {
        const none = program.ops.map(() => 0);
        const costs = program.ops.map((op) => costOf(program, op));
        const watched = { program, costs, runs: none, milliseconds: [...none] };
        const number = this.#programs.push(watched) - 1;
        const onTimes = (times: readonly OpTime[]) => {
          this.#add(watched, number, times);
          options?.onTimes?.(times);
        };
        return executor.compile(program, store, { ...options, onTimes });
      },
    };
  }

  #add({ program, costs, runs, milliseconds }: Watched, number: number, times: readonly OpTime[]): void {
    const start = performance.now() - (times.at(-1)?.end ?? 0);
    for (const { op, begin, end } of times) {
      runs[op] = (runs[op] as number) + 1;
      milliseconds[op] = (milliseconds[op] as number) + end - begin;
      if (this.#events.length >= mostEvents) continue;
      const { name, path: layer } = program.ops[op] as Op;
      const { flops, bytes } = costs[op] as OpCost;
      const [ts, dur] = [1000 * (start + begin), 1000 * (end - begin)];
      this.#events.push({ name, cat: "op", ph: "X", ts, dur, pid: 1, tid: number, args: { layer, flops, bytes } });
    }
  }

  /** Time of all ops, in milliseconds. */
  get milliseconds(): number {
    return this.rows().reduce((sum, row) => sum + row.milliseconds, 0);
  }

  /** A row for each op of each layer, the longest first. */
  rows(): ProfileRow[] {
    const rows = new Map<string, ProfileRow>();
    for (const { program, costs, runs, milliseconds } of this.#programs) {
      for (const [i, { path: layer, name: op }] of program.ops.entries()) {
        const [count, cost] = [runs[i] as number, costs[i] as OpCost];
        if (count === 0) continue;
        const key = JSON.stringify([layer, op]);
        const row = rows.get(key) ?? { runs: 0, milliseconds: 0, flops: 0, bytes: 0 };
        rows.set(key, {
          layer,
          op,
          runs: row.runs + count,
          milliseconds: row.milliseconds + (milliseconds[i] as number),
          flops: row.flops + count * cost.flops,
          bytes: row.bytes + count * cost.bytes,
        });
      }
    }
    return [...rows.values()].sort((a, b) => b.milliseconds - a.milliseconds);
  }

  /** The rows as lines of text, with their share of the time, GFLOP/s and GB/s. */
  table(): string {
    const rows = this.rows();
    // Not 0, where a clock is too coarse.
    const all = this.milliseconds || 1;
    const rate = (amount: number, milliseconds: number) =>
      amount > 0 && milliseconds > 0 ? (amount / milliseconds / 1e6).toFixed(1) : "";
    const cells = rows.map(({ layer, op, runs, milliseconds, flops, bytes }) => [
      ...[layer || "-", op, String(runs), milliseconds.toFixed(2), `${((100 * milliseconds) / all).toFixed(1)} %`],
      ...[rate(flops, milliseconds), rate(bytes, milliseconds)],
    ]);
    const lines = [["layer", "op", "runs", "ms", "share", "GFLOP/s", "GB/s"], ...cells];
    const widths = (lines[0] as string[]).map((_, column) =>
      Math.max(...lines.map((line) => line[column]?.length ?? 0)),
    );
    const texts = 2;
    return lines
      .map((line) =>
        line
          .map((cell, i) => (i < texts ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)))
          .join("  ")
          .trimEnd(),
      )
      .join("\n");
  }

  /** Rows and their sum, as plain data. */
  toJSON(): { readonly milliseconds: number; readonly rows: readonly ProfileRow[] } {
    return { milliseconds: this.milliseconds, rows: this.rows() };
  }

  /** Every op that ran, as a Chrome trace: JSON for chrome://tracing or Perfetto. A thread of it is a program. */
  trace(): { readonly traceEvents: readonly TraceEvent[] } {
    return { traceEvents: [...this.#events] };
  }
}

const executorLike = value<Executor>(
  "an executor: nativeExecutor(), or new ReferenceExecutor()",
  (executor) => typeof (executor as Executor | null)?.compile === "function",
);
