// Beam search over an encoder-decoder Transformer with keys and values kept, beside PyTorch. node bench/beams.mjs [SECONDS [ROUNDS]] [--python PATH]
// 32 sources of 12 tokens, 5 beams, 24 tokens each: 3 + 3 blocks of 256 features, 8,000 tokens.
import { TokenizerPair, TransformerSeq2Seq, WordTokenizer } from "../dist/index.js";
import { executorOf } from "./step.mjs";
import { here, printMachine, pytorch, takeTurns, turnsFrom } from "./turns.mjs";

const turns = turnsFrom("beams.mjs", { seconds: 4, rounds: 5 });
const sizes = { sentences: 32, beams: 5, source: 12, length: 24, layers: 3, features: 256, heads: 8, inner: 512 };
const vocabulary = 8000;
const { executor, settings } = await executorOf("native");

async function ostinato() {
  const { sentences, beams, source, length, layers, features: hiddenSize, heads, inner: feedForwardSize } = sizes;
  const words = Array.from({ length: vocabulary }, (_, i) => `w${i}`);
  const tokenizer = WordTokenizer.fromText(`${words.join(" ")}\n`, { unknown: true });
  const model = await TransformerSeq2Seq.create({
    ...{ tokenizer: new TokenizerPair(tokenizer, tokenizer), sharedEmbedding: true, executor },
    ...{ encoderLayers: layers, decoderLayers: layers, hiddenSize, heads, feedForwardSize, activation: "relu" },
  });
  const texts = Array.from({ length: sentences }, (_, s) =>
    Array.from({ length: source }, (_, i) => words[(s * 37 + i * 101) % vocabulary]).join(" "),
  );
  const step = () => model.translate(texts, { beams, minimumLength: length - 1, maximumLength: length });
  await step();
  return here(step);
}

/** Products of the encoder, of the source's keys and values, and of all steps of all beams; attention's own are few. */
function flops() {
  const { sentences, beams, source, length, layers, features: F, inner } = sizes;
  const encoder = sentences * source * layers * (4 * F * F + 2 * F * inner + 2 * F * F);
  const step = layers * (6 * F * F + 2 * F * inner) + F * vocabulary;
  return 2 * (encoder + sentences * beams * length * step);
}

const peak = printMachine(settings);
const makers = [ostinato, () => pytorch(turns.python, "beams.py", { ...sizes, vocabulary })];
await takeTurns(makers, { title: "32 sentences, beam 5", gflop: flops() / 1e9, peak, ...turns });
