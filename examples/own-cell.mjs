// A recurrent cell of your own: the update-gate RNN (Collins et al. 2016), a GRU without its reset gate. Registered, it is
// saved and loaded with its model.
//
//   g = σ(W_g x + b_g + R_g h)   n = tanh(W_n x + b_n + R_n h)   h' = g ⊙ h + (1 - g) ⊙ n
//
// node examples/own-cell.mjs
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  adam,
  CharacterTokenizer,
  cellWeights,
  Corpus,
  defineCell,
  LanguageModel,
  nativeExecutor,
  ops,
  registerCell,
  rules,
  Trainer,
  WindowData,
} from "ostinato";

registerCell(
  defineCell({
    name: "ugrnn",
    title: "update-gate RNN",
    gates: ["g", "n"],
    options: { gateBias: rules.real({ initial: 1 }) },
    states: ({ H }) => ({ h: H }),
    weights: ({ I, H }, { gateBias }) => ({
      weight_ih: cellWeights.input([2 * H, I]),
      weight_hh: cellWeights.recurrent([2 * H, H]),
      // The gate's half begins with its own value: a cell that remembers.
      bias_ih: cellWeights.bias([2 * H], ([rows]) => new Float32Array(rows).fill(gateBias, 0, H)),
    }),
    step({ a, state: { h }, weights, gates }) {
      const { g, n } = gates(ops.add(a, ops.linear(h, weights.weight_hh)));
      const candidate = ops.tanh(n);
      return { h: ops.add(candidate, ops.multiply(ops.sigmoid(g), ops.subtract(h, candidate))) };
    },
  }),
);

const verse = "row, row, row your boat, gently down the stream.\n".repeat(60);
const corpus = Corpus.fromText(verse);
const tokenizer = CharacterTokenizer.fromText(verse);
const executor = nativeExecutor();
const model = await LanguageModel.create({ tokenizer, executor, cell: "ugrnn", gateBias: 0.5, hiddenSize: 48, layers: 2 });
const data = new WindowData(await corpus.tokenize(tokenizer), { batchSize: 4, windowLength: 50 });
await new Trainer(model, { data, optimizer: adam({ learningRate: 0.01 }), epochs: 20 }).run();

const folder = mkdtempSync(join(tmpdir(), "ugrnn-"));
await model.save(folder);
const again = await LanguageModel.load(folder, { executor });
const { texts } = await again.beamSearch({ prompt: "row your ", beams: 3, maximumLength: 22 });
console.log(`${again.network.config.cell} with gateBias ${again.network.config.gateBias}: row your ${texts[0].text}`);
rmSync(folder, { recursive: true });
