// The adding problem (Hochreiter & Schmidhuber 1997, in the form of Bai et al. 2018): a sequence of random numbers, two of them
// marked; at the end the network has to say the sum of those two. Constant 1 has a mean squared error of 1/6, about 0.167.
//
//   node examples/adding-problem.mjs [CELL [LENGTH [UPDATES [SEED]]]]     default gru 200 10000 1
//
// It ends early where the error on 2,000 new sequences is below 0.01.
import { adam, initialize, Linear, nativeExecutor, ops, RecurrentStack, Trainer } from "ostinato";

const [cell = "gru", ...numbers] = process.argv.slice(2);
const [T = 200, updates = 10_000, seed = 1] = numbers.map(Number);
const [B, H, good] = [50, 128, 0.01];

class Adder {
  executor = nativeExecutor();
  store = this.executor.createStore();
  rnn = new RecurrentStack("rnn", { cell, inputSize: 2, hiddenSize: H });
  output = new Linear("output", { inputSize: H, outputSize: 1 });
  parameters = [...this.rnn.parameters, ...this.output.parameters];

  recordLoss(graph) {
    const { last } = this.rnn.apply(graph.feed("x", "f32", [T, B, 2]));
    const error = ops.subtract(this.output.apply(last.h_l0), graph.feed("sums", "f32", [B, 1]));
    const count = ops.affine(graph.zeros([]), { shift: B });
    return { losses: ops.reshape(ops.multiply(error, error), [1, B]), count, carried: [] };
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

/** B sequences: x [T,B,2] holds a number and whether it is marked; sums [B,1]. */
function batchOf(number) {
  const random = randomFrom(number);
  const [x, sums] = [new Float32Array(T * B * 2), new Float32Array(B)];
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) x[(t * B + b) * 2] = random();
    const first = Math.floor(random() * T);
    const second = (first + 1 + Math.floor(random() * (T - 1))) % T;
    for (const t of [first, second]) {
      x[(t * B + b) * 2 + 1] = 1;
      sums[b] += x[(t * B + b) * 2];
    }
  }
  return { form: {}, feeds: { x, sums }, tokens: B };
}

/** Batches that are made when they are asked for; those of two seeds have none in common. */
const dataOf = (length, own) => ({
  length,
  *batches(_epoch, from = 0) {
    for (let i = from; i < length; i++) yield batchOf(own * 1_000_003 + i);
  },
});

const model = new Adder();
await initialize(model.store, model.parameters, { seed });
const trainer = new Trainer(model, {
  data: dataOf(updates, seed),
  validation: dataOf(2000 / B, seed + 5000),
  validateEvery: 250,
  epochs: 1,
  optimizer: adam({ learningRate: 0.002 }),
  clipNorm: 1,
  seed,
});
const solved = new AbortController();
const start = performance.now();
trainer.on("validation", ({ step, loss }) => {
  console.log(`${step} updates, ${((performance.now() - start) / 1000).toFixed(0)} s: mean squared error ${loss.toFixed(5)}`);
  if (loss < good) solved.abort();
});
await trainer.run({ signal: solved.signal });
