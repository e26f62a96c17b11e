// Copy memory (Hochreiter & Schmidhuber 1997, in the form of Bai et al. 2018): ten digits, a long wait, and at the end the same ten
// digits have to be said. A network without memory has a loss of 10 ln 8 / (LENGTH + 20) nats a symbol, for 100 steps 0.173.
//
//   node examples/copy-memory.mjs [CELL [LENGTH [UPDATES [SEED]]]]     default lstm 100 10000 1
//
// The wait grows from 10 steps to LENGTH over the first 1,500 updates. It ends early where 99 % of the digits of 1,000 new sequences, all of
// the full length, are right.
import { adam, cosine, Embedding, Graph, initialize, initializers, Linear, nativeExecutor, ops, RecurrentStack, Trainer } from "ostinato";

const [cell = "lstm", ...numbers] = process.argv.slice(2);
const [longest = 100, updates = 10_000, seed = 1] = numbers.map(Number);
const [B, H, digits, symbols, growing] = [50, 128, 10, 10, 1500];
/** The forget gate begins open for about LENGTH steps, as long as the memory must last (Tallec & Ollivier 2018). */
const own = ["lstm", "peephole-lstm", "layer-norm-lstm"].includes(cell) ? { forgetBias: Math.log(longest) } : {};

class Copier {
  executor = nativeExecutor();
  store = this.executor.createStore();
  embedding = new Embedding("embedding", { vocabularySize: symbols, embeddingSize: 16 });
  rnn = new RecurrentStack("rnn", {
    ...{ cell, inputSize: 16, hiddenSize: H, recurrentInitializer: initializers.orthogonal },
    ...own,
  });
  output = new Linear("output", { inputSize: H, outputSize: symbols });
  parameters = [this.embedding, this.rnn, this.output].flatMap((layer) => layer.parameters);

  /** The states after each symbol, [T B,H]. */
  features(graph, T) {
    const { y } = this.rnn.apply(this.embedding.apply(graph.feed("inputs", "i32", [T, B])));
    return ops.asRows(y);
  }

  recordLoss(graph, { T }) {
    const features = this.features(graph, T);
    const { losses, count } = this.output.crossEntropy(features, graph.feed("targets", "i32", [T * B]));
    return { losses: ops.reshape(losses, [T, B]), count, carried: [] };
  }

  /** A program that says the likeliest symbols of sequences of T steps, [T B]. */
  reader(T) {
    const graph = new Graph();
    graph.output("said", ops.argmax(this.output.apply(this.features(graph, T)), 1));
    return this.executor.compile(graph.program(), this.store);
  }
}

/** Random numbers from 0 to below 1, the same each time (Mulberry32). */
function randomFrom(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** B sequences, [T,B]: ten digits from 1 to 8, zeros, and from the step before the answer on nines; targets are zeros, then the digits. */
function batchOf(number, wait) {
  const random = randomFrom(number);
  const T = wait + 2 * digits;
  const [inputs, targets] = [new Int32Array(T * B), new Int32Array(T * B)];
  inputs.fill(9, (digits + wait - 1) * B);
  for (let b = 0; b < B; b++) {
    for (let i = 0; i < digits; i++) {
      const digit = 1 + Math.floor(random() * 8);
      inputs[i * B + b] = digit;
      targets[(wait + digits + i) * B + b] = digit;
    }
  }
  return { form: { T }, feeds: { inputs, targets }, tokens: T * B };
}

/** Batches that are made when they are asked for; those of two seeds have none in common. */
const dataOf = (length, start, waitOf) => ({
  length,
  *batches(_epoch, from = 0) {
    for (let i = from; i < length; i++) yield batchOf(start * 1_000_003 + i, waitOf(i));
  },
});

/** Ten lengths, one after the other: each is a program of its own. */
const growingWait = (i) => Math.min(longest, Math.ceil(longest / 10) * Math.ceil((10 * (i + 1)) / growing));

const model = new Copier();
await initialize(model.store, model.parameters, { seed });
const reader = model.reader(longest + 2 * digits);
const tests = [...dataOf(20, seed + 5000, () => longest).batches()];

/** The share of the digits that are right. */
async function rightDigits() {
  const answer = (longest + digits) * B;
  let right = 0;
  for (const { feeds } of tests) {
    const { outputs } = await reader.run({ inputs: feeds.inputs });
    for (let i = answer; i < feeds.targets.length; i++) right += outputs.said[i] === feeds.targets[i];
  }
  return right / (tests.length * digits * B);
}

const solved = new AbortController();
const trainer = new Trainer(model, {
  data: dataOf(updates, seed, growingWait),
  epochs: 1,
  optimizer: adam({ learningRate: 0.004 }),
  schedule: cosine({ floor: 0.02 }),
  clipNorm: 1,
  seed,
  samples: {
    every: 250,
    async write() {
      const share = await rightDigits();
      if (share >= 0.99) solved.abort();
      return `${(100 * share).toFixed(1)} % of the digits`;
    },
  },
});
const start = performance.now();
trainer.on("sample", ({ step, loss, text }) => {
  console.log(`${step} updates, ${((performance.now() - start) / 1000).toFixed(0)} s: loss ${loss.toFixed(5)}, ${text}`);
});
await trainer.run({ signal: solved.signal });
