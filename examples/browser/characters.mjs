// A character LSTM that learns from a text and writes on, in whatever runs JavaScript: nothing here is Node's or a browser's own.
import { adam, Embedding, Graph, LSTM, Linear, ops, TrainingStep, WasmExecutor } from "ostinato/wasm";

/**
 * Trains on a text.
 * @param wasm bytes of ostinato.wasm
 * @param options.steps updates, each on B texts of T characters side by side
 * @param options.onStep called after each with its loss, nats per character
 */
export async function characterModel(wasm, text, options = {}) {
  const { hiddenSize = 128, B = 16, T = 32, steps = 100, learningRate = 0.01, onStep = () => {} } = options;
  const letters = [...new Set(text)].sort();
  const ids = Int32Array.from(text, (letter) => letters.indexOf(letter));

  const executor = await WasmExecutor.load(wasm);
  const store = executor.createStore();
  const embedding = new Embedding("embedding", { vocabularySize: letters.length, embeddingSize: hiddenSize });
  const lstm = new LSTM("lstm", { inputSize: hiddenSize, hiddenSize });
  const output = new Linear("output", { inputSize: hiddenSize, outputSize: letters.length });

  const model = {
    executor,
    store,
    parameters: [embedding, lstm, output].flatMap((layer) => layer.parameters),
    recordLoss(graph) {
      const { y } = lstm.apply(embedding.apply(graph.feed("inputs", "i32", [T, B])));
      const rows = ops.reshape(y, [T * B, hiddenSize]);
      return { ...output.crossEntropy(rows, graph.feed("targets", "i32", [T * B])), carried: [] };
    },
  };
  const training = new TrainingStep(model, { optimizer: adam(), clipNorm: 5, clipValue: 0, reduction: "token" });

  const begin = performance.now();
  const losses = [];
  for (let step = 1; step <= steps; step++) {
    const [inputs, targets] = [new Int32Array(T * B), new Int32Array(T * B)];
    for (let b = 0; b < B; b++) {
      const from = ((step * B + b) * 7919) % (ids.length - T - 1);
      for (let t = 0; t < T; t++) [inputs[t * B + b], targets[t * B + b]] = [ids[from + t], ids[from + t + 1]];
    }
    const batch = { form: "window", feeds: { inputs, targets }, tokens: T * B };
    const { loss } = await training.run(batch, { learningRate, step, seed: 1 });
    losses.push(loss);
    await onStep({ step, loss });
  }
  const charactersPerSecond = (1000 * steps * B * T) / (performance.now() - begin);

  /** Writes `length` characters after a prompt, always the likeliest. */
  async function write(prompt, length) {
    const graph = new Graph();
    const names = lstm.stateEntries.map(({ name }) => name);
    const state = Object.fromEntries(names.map((name) => [name, graph.feed(name, "f32", [1, hiddenSize])]));
    const { y, last } = lstm.apply(embedding.apply(graph.feed("id", "i32", [1, 1])), { state });
    graph.output("logits", output.apply(ops.reshape(y, [1, hiddenSize])));
    for (const [name, value] of Object.entries(last)) graph.output(name, value);
    const step = executor.compile(graph.program(), store);
    let feeds = Object.fromEntries(names.map((name) => [name, new Float32Array(hiddenSize)]));
    let written = prompt;
    for (let at = 0; at < prompt.length + length - 1; at++) {
      const { logits, ...next } = (await step.run({ ...feeds, id: Int32Array.of(letters.indexOf(written[at])) })).outputs;
      feeds = next;
      if (at >= prompt.length - 1) written += letters[logits.indexOf(Math.max(...logits))];
    }
    return written;
  }
  return { losses, charactersPerSecond, write };
}
