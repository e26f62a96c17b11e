// node onnxruntime.mjs WORKLOAD WINDOW THREADS: the forward pass of an LSTM, or a text written token by token, in ONNX Runtime.
import { createRequire } from "node:module";
import { workloads } from "../workloads.mjs";
import { serve } from "./serve.mjs";

const require = createRequire(import.meta.url);
const { onnx } = require("onnx-proto");
const runtime = require("onnxruntime-node");

const float = onnx.TensorProto.DataType.FLOAT;
const int64 = onnx.TensorProto.DataType.INT64;
const attributeInt = (name, i) => ({ name, type: onnx.AttributeProto.AttributeType.INT, i });
const port = (name, elemType, sizes) => ({
  name,
  type: { tensorType: { elemType, shape: { dim: sizes.map((dimValue) => ({ dimValue })) } } },
});

/** Uniform in ±1/sqrt(H), which is how PyTorch and Ostinato begin. */
function weights(name, dims, H) {
  const values = Float32Array.from(
    { length: dims.reduce((a, b) => a * b) },
    () => (2 * Math.random() - 1) / Math.sqrt(H),
  );
  return { name, dims, dataType: float, rawData: new Uint8Array(values.buffer) };
}

const lstmWeights = (layer, E, H) => [
  weights(`W${layer}`, [1, 4 * H, E], H),
  weights(`R${layer}`, [1, 4 * H, H], H),
  weights(`b${layer}`, [1, 8 * H], H),
];

function encode(node, initializer, input, output) {
  return onnx.ModelProto.encode(
    onnx.ModelProto.create({
      irVersion: 8,
      opsetImport: [{ domain: "", version: 14 }],
      graph: { name: "bench", node, initializer, input, output },
    }),
  ).finish();
}

function layer({ T, B, E, H }) {
  const node = {
    opType: "LSTM",
    input: ["x", "W0", "R0", "b0"],
    output: ["y", "", ""],
    attribute: [attributeInt("hidden_size", H)],
  };
  return encode([node], lstmWeights(0, E, H), [port("x", float, [T, B, E])], [port("y", float, [T, 1, B, H])]);
}

/** A step of a language model: the token before and the state in, the likeliest token and the state out. */
function languageModelStep({ V, E, H, layers }) {
  const one = { name: "axis", dims: [1], dataType: int64, rawData: new Uint8Array(new BigInt64Array([1n]).buffer) };
  const nodes = [{ opType: "Gather", input: ["embedding", "token"], output: ["x0"] }];
  const initializers = [weights("embedding", [V, E], 1), weights("output", [H, V], H), one];
  const inputs = [port("token", int64, [1, 1])];
  const outputs = [port("next", int64, [1, 1])];
  for (let i = 0; i < layers; i++) {
    initializers.push(...lstmWeights(i, i === 0 ? E : H, H));
    nodes.push(
      {
        opType: "LSTM",
        name: `rnn${i}`,
        input: [`x${i}`, `W${i}`, `R${i}`, `b${i}`, "", `h${i}`, `c${i}`],
        output: [`y${i}`, `h_n${i}`, `c_n${i}`],
        attribute: [attributeInt("hidden_size", H)],
      },
      { opType: "Squeeze", input: [`y${i}`, "axis"], output: [`x${i + 1}`] },
    );
    inputs.push(port(`h${i}`, float, [1, 1, H]), port(`c${i}`, float, [1, 1, H]));
    outputs.push(port(`h_n${i}`, float, [1, 1, H]), port(`c_n${i}`, float, [1, 1, H]));
  }
  nodes.push(
    { opType: "MatMul", input: [`x${layers}`, "output"], output: ["logits"] },
    {
      opType: "ArgMax",
      input: ["logits"],
      output: ["next"],
      attribute: [attributeInt("axis", 2), attributeInt("keepdims", 0)],
    },
  );
  return encode(nodes, initializers, inputs, outputs);
}

function layerStep(session, { T, B, E }) {
  const values = Float32Array.from({ length: T * B * E }, (_, i) => Math.sin(i));
  const x = new runtime.Tensor("float32", values, [T, B, E]);
  return async () => (await session.run({ x })).y.data[0];
}

function writingStep(session, { T, H, layers }) {
  const names = Array.from({ length: layers }, (_, i) => [`h${i}`, `c${i}`]).flat();
  const zeros = () => new runtime.Tensor("float32", new Float32Array(H), [1, 1, H]);
  return async () => {
    let feeds = Object.fromEntries(names.map((name) => [name, zeros()]));
    feeds.token = new runtime.Tensor("int64", new BigInt64Array([0n]), [1, 1]);
    for (let t = 0; t < T; t++) {
      const results = await session.run(feeds);
      feeds = Object.fromEntries(names.map((name) => [name, results[name.replace(/^./, "$&_n")]]));
      feeds.token = results.next;
    }
    return Number(feeds.token.data[0]);
  };
}

const [name, window, threads] = process.argv.slice(2);
const workload = { ...workloads[name], T: Number(window) };
const writes = workload.kind === "writing";
const session = await runtime.InferenceSession.create(writes ? languageModelStep(workload) : layer(workload), {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionMode: "sequential",
});
await serve({
  settings: `onnxruntime-node ${require("onnxruntime-node/package.json").version}, ${threads} threads`,
  step: (writes ? writingStep : layerStep)(session, workload),
});
