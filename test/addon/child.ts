import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a script (an ES module) in a Node process of its own, so that a crash is a finding and not the end of the tests. */
export function inChild(script: string, { args = [] as string[], timeout = 60_000 } = {}) {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...args, "--input-type=module", "-e", script],
    {
      cwd: root,
      encoding: "utf8",
      timeout,
    },
  );
  return { status, signal, stdout, stderr };
}

/** The beginning of such a script: a language model's training step, as a user would have it. */
export const trainingScript = `
import { CharacterTokenizer, LanguageModel, memoryStream, nativeExecutor, Trainer, WindowData } from "./dist/index.js";
const text = "the quick brown fox jumps over the lazy dog. ".repeat(200);
const tokenizer = CharacterTokenizer.fromText(text);
const ids = tokenizer.encode(text);
async function trainer(hiddenSize, options = {}) {
  const model = await LanguageModel.create({ tokenizer, hiddenSize, executor: nativeExecutor() });
  const data = new WindowData(memoryStream(ids, 0), { batchSize: 16, windowLength: 32 });
  return new Trainer(model, { data, ...options });
}
`;
