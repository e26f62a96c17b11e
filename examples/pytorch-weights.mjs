// A model that was trained in PyTorch, served from Node: node examples/pytorch-weights.mjs WEIGHTS VOCABULARY.txt SIZE LAYERS [PROMPT]
//
// In PyTorch, for a module with an Embedding, an LSTM of any depth and a Linear:
//
//   class Model(torch.nn.Module):
//       def __init__(self, tokens, size, layers):
//           super().__init__()
//           self.embed = torch.nn.Embedding(tokens, size)
//           self.lstm = torch.nn.LSTM(size, size, num_layers=layers)
//           self.head = torch.nn.Linear(size, tokens)
//   torch.save(model.state_dict(), "WEIGHTS.pt")      or safetensors.torch.save_file(model.state_dict(), "WEIGHTS.safetensors")
//
// VOCABULARY.txt has the characters in the order of their ids. Layers have the same parameter names, shapes and gate order here; only
// the modules' own names differ, and a GRU of PyTorch is one with reset: "after", the default.
import { readFileSync } from "node:fs";
import { CharacterTokenizer, LanguageModel, nativeExecutor, Vocabulary } from "ostinato";

const [weights, vocabulary, size, layers, prompt = ""] = process.argv.slice(2);
if (!layers) {
  console.error("usage: node examples/pytorch-weights.mjs WEIGHTS VOCABULARY.txt SIZE LAYERS [PROMPT]");
  process.exit(2);
}
const tokenizer = new CharacterTokenizer(new Vocabulary([...readFileSync(vocabulary, "utf8")]));
const options = { tokenizer, cell: "lstm", hiddenSize: Number(size), layers: Number(layers) };
const model = await LanguageModel.create({ ...options, executor: nativeExecutor() });
await model.loadWeights(weights, { rename: { embed: "embedding", lstm: "rnn", head: "output" } });

for (const { text, probability } of (await model.nextTokens(prompt, { top: 5 })).tokens) {
  console.log(JSON.stringify(text), probability.toFixed(6));
}
