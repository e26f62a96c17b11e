import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { isTraining, training, workloads } from "../workloads.mjs";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * A system that does the same work in a process of its own.
 *
 * @typedef {object} Opponent
 * @property {string} title
 * @property {(options: { workload: string, T: number, threads: number, python: string }) =>
 *   { command: string, arguments: string[], environment?: Record<string, string> }} start
 * @property {(workload: import("../workloads.mjs").Workload) => boolean} [does] which work; default: all
 * @property {string} [needs] a package of bench/package.json
 * @property {Record<string, number>} [windows] time steps of its window where a whole one would take minutes: the work for
 *   one token is the same, the update is shared by fewer tokens
 * @property {string} [note] what it does less or differently
 */

const trainsLanguageModels = ({ kind }) => kind === "language model";
const writes = ({ kind }) => kind === "writing";
const computesInBatches = (workload) => !writes(workload);

const native = (title, kind, does) => ({
  title,
  does,
  start: ({ workload, T, threads }) => ({
    command: process.execPath,
    arguments: [here("ostinato.mjs"), kind, workload, String(T)],
    environment: { OSTINATO_NUM_THREADS: String(threads) },
  }),
});

const pytorch = (title, precision, { does, compiled = false } = {}) => ({
  title,
  does,
  start: ({ workload, T, threads, python }) => ({
    command: python,
    arguments: [
      here("pytorch.py"),
      JSON.stringify({ ...workloads[workload], ...training, precision, compiled }),
      String(T),
      String(threads),
    ],
    environment: fastPyTorch(threads),
  }),
  note: "With oneDNN and OpenMP OpenBLAS in one pool of threads, its fastest setting here",
});

/** @type {Readonly<Record<string, Opponent>>} */
export const opponents = {
  native: native("Ostinato, native", "native"),
  "native-high": native("Ostinato, native, high precision", "native-high", computesInBatches),
  "native-medium": native("Ostinato, native, medium precision", "native-medium", computesInBatches),
  "native-bfloat16": native("Ostinato, native, bfloat16 weights", "native-bfloat16", writes),
  "native-int8": native("Ostinato, native, int8 weights", "native-int8", writes),
  wasm: native("Ostinato, WebAssembly", "wasm"),
  reference: {
    title: "Ostinato, reference in JavaScript",
    does: isTraining,
    start: ({ workload, T }) => ({
      command: process.execPath,
      arguments: [here("ostinato.mjs"), "reference", workload, String(T)],
    }),
    windows: { W1: 8, W2: 7 },
    note: "Float32 typed arrays and blocked loops, one thread",
  },
  "tfjs-wasm": {
    title: "TensorFlow.js, WebAssembly",
    does: trainsLanguageModels,
    needs: "@tensorflow/tfjs",
    start: ({ workload, T, threads }) => ({
      command: process.execPath,
      arguments: [here("tfjs.mjs"), "wasm", workload, String(T), String(threads)],
    }),
    windows: { W1: 16, W2: 7 },
    note: "In Node it has SIMD and one thread. Its wasm backend has no gradient for the embedding, so it is fed random vectors; it does not clip or carry state",
  },
  "tfjs-cpu": {
    title: "TensorFlow.js, plain JavaScript",
    does: trainsLanguageModels,
    needs: "@tensorflow/tfjs",
    start: ({ workload, T, threads }) => ({
      command: process.execPath,
      arguments: [here("tfjs.mjs"), "cpu", workload, String(T), String(threads)],
    }),
    windows: { W1: 4, W2: 2 },
    note: "Fed random vectors like tfjs-wasm; it does not clip or carry state",
  },
  pytorch: pytorch("PyTorch, float32", "float32"),
  "pytorch-compiled": pytorch("PyTorch, float32, torch.compile", "float32", { does: isTraining, compiled: true }),
  "pytorch-bf16": pytorch("PyTorch, bfloat16 autocast", "bfloat16", { does: computesInBatches }),
  "pytorch-bf16-compiled": pytorch("PyTorch, bfloat16 autocast, torch.compile", "bfloat16", {
    does: isTraining,
    compiled: true,
  }),
  onnxruntime: {
    title: "ONNX Runtime",
    does: ({ kind }) => kind === "layer" || kind === "writing",
    needs: "onnxruntime-node",
    start: ({ workload, T, threads }) => ({
      command: process.execPath,
      arguments: [here("onnxruntime.mjs"), workload, String(T), String(threads)],
    }),
    note: "It writes the likeliest token, found inside its graph; the others draw",
  },
};

const openmpBlas = "/usr/lib/x86_64-linux-gnu/openblas-openmp";

/**
 * PyTorch's fastest settings here. With Debian's pthread OpenBLAS, two pools of threads fight over the cores: 2.5 times slower. And glibc gives
 * large tensors back to the system as soon as they are freed, which costs new pages at every step: on a virtual machine half of the
 * time and more.
 */
export function fastPyTorch(threads) {
  const environment = {
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
    MALLOC_MMAP_THRESHOLD_: String(2 ** 32),
    MALLOC_TRIM_THRESHOLD_: String(2 ** 33),
  };
  if (!existsSync(openmpBlas)) return environment;
  const path = [openmpBlas, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  return { ...environment, LD_LIBRARY_PATH: path };
}

export const allThreads = availableParallelism();
