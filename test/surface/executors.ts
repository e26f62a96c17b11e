import * as ostinato from "../../lib/index.js";
import type { Entry } from "./row.js";
import { entry, made, of } from "./row.js";
import * as things from "./things.js";

const { Graph, ReferenceExecutor } = ostinato;
const { executor, feeds, native, program } = things;

export const executorRows: Record<string, Entry> = {
  nativeExecutor: entry(ostinato.nativeExecutor as never, () => [{ matmulPrecision: "high" }]),
  defaultExecutor: entry(ostinato.defaultExecutor as never, () => [{ matmulPrecision: "high" }, { threads: 2 }]),
  threadGroup: entry(ostinato.threadGroup as never, () => [1]),
  setThreads: entry(ostinato.setThreads as never, () => [2]),
  ReferenceExecutor: entry(made(ReferenceExecutor), () => [{ precision: "float64" }]),
  ...Object.fromEntries(
    [executor, native].flatMap((own) => {
      const { name } = own;
      return [
        [
          `${name} compile`,
          entry(
            of(() => own, "compile"),
            () => [new Graph().program(), own.createStore(), { onTimes: () => {} }],
          ),
        ],
        [
          `${name} declare`,
          entry(
            of(() => own.createStore(), "declare"),
            () => [{ name: "x", dtype: "f32", shape: [2] }],
          ),
        ],
        [
          `${name} read`,
          entry(
            of(() => program(own).store, "read"),
            () => ["m"],
          ),
        ],
        [
          `${name} write`,
          entry(
            of(() => program(own).store, "write"),
            () => ["m", new Float32Array(4)],
          ),
        ],
        [
          `${name} quantize`,
          entry(
            of(() => program(own).store, "quantize"),
            () => ["m", "int8"],
          ),
        ],
        [
          `${name} run`,
          entry(
            of(() => program(own).executable, "run"),
            () => [feeds(), { check: true }],
            [0],
          ),
        ],
        [
          `${name} replay`,
          entry(
            of(() => program(own).executable, "replay"),
            () => [feeds(), { steps: 2, carry: { x: "z" }, counters: ["ids"], collect: ["z"] }],
            [0],
          ),
        ],
      ];
    }),
  ),
};
