// In a folder in which the package is installed: the page's example, examples/browser, with the module of WebAssembly that came along; and
// a model that trains on files in memory.
import { readFile } from "node:fs/promises";
import {
  adam,
  CharacterTokenizer,
  filesOf,
  folderOf,
  LanguageModel,
  loadModel,
  memoryStream,
  Trainer,
  WasmExecutor,
  WindowData,
} from "ostinato/browser";
import { characterModel } from "./node_modules/ostinato/examples/browser/characters.mjs";

const text = "the quick brown fox jumps over the lazy dog and packs my box with five dozen liquor jugs\n".repeat(20);
const module = await readFile("node_modules/ostinato/prebuilds/ostinato.wasm");
const { losses, write } = await characterModel(module, text, { steps: 60 });
const written = await write("the quick ", 10);
if (!(losses.at(-1) < losses[0] / 2)) throw new Error(`losses: ${losses.join(" ")}`);
if (written !== "the quick brown fox ") throw new Error(`wrote "${written}", expected "the quick brown fox "`);

const tokenizer = CharacterTokenizer.fromText(text);
const executor = await WasmExecutor.load(module);
const model = await LanguageModel.create({ tokenizer, hiddenSize: 16, layers: 1, executor });
const data = new WindowData(memoryStream(tokenizer.encode(text), 0), { batchSize: 4, windowLength: 32 });
await new Trainer(model, { data, epochs: 2, optimizer: adam(), folder: "model" }).run();
const again = await loadModel(folderOf(filesOf("model")), { executor });
const measured = async (one) => JSON.stringify(await one.logProbability(text.slice(0, 100)));
const [own, loaded] = [await measured(model), await measured(again)];
if (own !== loaded) throw new Error(`${own} in training and ${loaded} from the folder`);
