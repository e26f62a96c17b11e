// The files of lib that one training step and one beam search enter, with how many of their functions run:
// node scripts/walk.mjs [train|search]. Build first: npm run setup.
import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import {
  CharacterTokenizer,
  LanguageModel,
  memoryStream,
  Seq2Seq,
  TokenizerPair,
  Trainer,
  WindowData,
} from "../dist/index.js";

const tokenizer = CharacterTokenizer.fromText("abcdefgh\n");
const ids = tokenizer.encode("abcdefgh\n".repeat(40));

/** One update of a language model of two LSTM layers, the first of its shape. */
async function train() {
  const model = await LanguageModel.create({ tokenizer, cell: "lstm", layers: 2, hiddenSize: 16 });
  const data = new WindowData(memoryStream(ids, 0), { batchSize: 4, windowLength: 8 });
  const trainer = new Trainer(model, { data, maximumSteps: 1 });
  return () => trainer.run();
}

/** The translation of one text, the first of its length. */
async function search() {
  const model = await Seq2Seq.create({ tokenizer: new TokenizerPair(tokenizer, tokenizer), hiddenSize: 16 });
  return () => model.translate(["abc"], { beams: 4, maximumLength: 8 });
}

for (const [name, prepare] of Object.entries({ train, search })) {
  if (process.argv[2] && process.argv[2] !== name) continue;
  const walk = await prepare();
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await walk();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();
  const entered = result
    .filter(({ url }) => url.includes("/dist/"))
    .map(({ url, functions }) => ({
      file: fileURLToPath(url).replace(/^.*\/dist\/(.*)\.js$/, "lib/$1.ts"),
      count: functions.filter(({ ranges, functionName }) => ranges[0].count > 0 && functionName !== "").length,
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => (a.file < b.file ? -1 : 1));
  const functions = entered.reduce((sum, { count }) => sum + count, 0);
  console.log(`${name}: ${entered.length} files, ${functions} functions`);
  for (const { file, count } of entered) console.log(`  ${String(count).padStart(3)} ${file}`);
}
process.exit(0);
