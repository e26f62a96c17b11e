// node tfjs.mjs cpu|wasm WORKLOAD WINDOW THREADS
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { tokensOf, training, workloads } from "../workloads.mjs";
import { serve } from "./serve.mjs";

const [backend, name, window, threads] = process.argv.slice(2);
const { V, E, H, layers, B } = workloads[name];
const T = Number(window);
const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs");

if (backend === "wasm") {
  const wasm = require("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "dist")}/`);
  wasm.setThreadsCount(Number(threads));
}
await tf.setBackend(backend);
await tf.ready();

// Orthogonal start values, the default of its LSTM, would take it minutes here, and no time depends on them.
const recurrentInitializer = "glorotUniform";
const model = tf.sequential();
for (let layer = 0; layer < layers; layer++) {
  const inputShape = layer === 0 ? { inputShape: [T, E] } : {};
  model.add(tf.layers.lstm({ units: H, returnSequences: true, recurrentInitializer, ...inputShape }));
}
model.add(tf.layers.dense({ units: V, activation: "softmax" }));
model.compile({ optimizer: tf.train.sgd(training.learningRate), loss: "categoricalCrossentropy" });

const x = tf.randomNormal([B, T, E], 0, 0.1, "float32", 1);
const targets = tf.tensor1d(tokensOf(workloads[name], T).targets, "int32");
const y = tf.tidy(() => tf.oneHot(targets, V).reshape([B, T, V]));

const threadsUsed = backend === "wasm" ? require("@tensorflow/tfjs-backend-wasm").getThreadsCount() : 1;
await serve({
  settings: `tfjs ${tf.version_core}, ${tf.getBackend()}, ${threadsUsed} thread${threadsUsed === 1 ? "" : "s"}`,
  step: async () => model.trainOnBatch(x, y),
});
