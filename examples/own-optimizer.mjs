// An optimizer of your own: Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2), out of elementwise ops.
//
//   c = beta1 m + (1 - beta1) g      w <- w - rate (sign(c) + decay w)      m <- beta2 m + (1 - beta2) g
//
// node examples/own-optimizer.mjs [TEXT FILE]
import { fileURLToPath } from "node:url";
import { adam, CharacterTokenizer, Corpus, LanguageModel, nativeExecutor, ops, Trainer, WindowData } from "ostinato";

/** Lion as a Trainer takes it; its moment is saved and resumed like those of the built-in rules. */
export function lion({ learningRate = 0.0003, beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = {}) {
  return {
    name: "lion",
    learningRate,
    options: { learningRate, beta1, beta2, weightDecay },
    moments: ["m"],
    rowwise: false, // every row of a table moves at every step
    record({ parameter, gradient, scale, learningRate: rate }) {
      const { graph } = gradient;
      const weight = parameter.in(graph);
      const m = graph.variable({ name: `lion.m/${parameter.name}`, dtype: "f32", shape: parameter.shape });
      const g = ops.multiply(gradient, scale); // the clip scale; NaN after an overflow, and then nothing changes
      const mix = (beta) => ops.add(ops.affine(m, { scale: beta }), ops.affine(g, { scale: 1 - beta }));
      const step = ops.add(sign(mix(beta1)), ops.affine(weight, { scale: weightDecay }));
      const moment = mix(beta2);
      ops.assign(weight, ops.subtract(weight, ops.multiply(rate, step)), scale);
      ops.assign(m, moment, scale);
    },
  };
}

/** The sign of each element; what is nearer to 0 than 1e-30 counts as 0. */
function sign(x) {
  const one = ops.affine(x.graph.zeros([]), { shift: 1 });
  return ops.clamp(ops.affine(x, { scale: 1e30 }), one);
}

async function main(file = fileURLToPath(new URL("../README.md", import.meta.url))) {
  const corpus = Corpus.fromFile(file);
  const tokenizer = await CharacterTokenizer.fromCorpus(corpus);
  const data = new WindowData(await corpus.tokenize(tokenizer), { batchSize: 8, windowLength: 32 });
  for (const optimizer of [lion({ learningRate: 0.001 }), adam({ learningRate: 0.003 })]) {
    const model = await LanguageModel.create({ tokenizer, cell: "gru", hiddenSize: 64, layers: 1, executor: nativeExecutor() });
    const trainer = new Trainer(model, { data, optimizer, maximumSteps: 150, epochs: 100 });
    const losses = [];
    trainer.on("step", ({ loss }) => losses.push(loss));
    await trainer.run();
    const [first, last] = [losses[0], losses.at(-1)].map((loss) => loss.toFixed(2));
    console.log(`${optimizer.name}: loss ${first} at first, ${last} after ${losses.length} updates`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv[2]);
