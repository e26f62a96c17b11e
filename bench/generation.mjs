// How many tokens a second does a model write, one text or many at once? node bench/generation.mjs [SECONDS [WORKLOADS]]
import { parseArgs } from "node:util";
import { describeMachine, machineLine } from "./machine.mjs";
import { executorOf, languageModel } from "./step.mjs";
import { matmulParameters, workloads } from "./workloads.mjs";

const { positionals } = parseArgs({ allowPositionals: true });
const [seconds = "5", names = "W1,W2"] = positionals;
if (!(Number(seconds) > 0) || names.split(",").some((name) => !Object.hasOwn(workloads, name))) {
  process.stderr.write(`node bench/generation.mjs [SECONDS [${Object.keys(workloads).join(",")}]]\n`);
  process.exit(1);
}

/** Tokens per second, as a caller of the library sees them: the median of 7 rounds. `write(n)` writes n tokens a text. */
async function tokensPerSecond(write, count, duration) {
  const seconds = async (tokens) => {
    const start = performance.now();
    await write(tokens);
    return (performance.now() - start) / 1000;
  };
  await seconds(20);
  const perRound = Math.max(20, Math.ceil((40 * duration) / 7 / (await seconds(40))));
  const rounds = [];
  for (let round = 0; round < 7; round++) rounds.push((count * perRound) / (await seconds(perRound)));
  return rounds.sort((a, b) => a - b)[3];
}

const one = (model) => async (maximumLength) => {
  for await (const _ of model.generate({ maximumLength, seed: 1 }));
};
const many = (model, count) => (maximumLength) => model.generateAll({ count, maximumLength, seed: 1 });

process.stdout.write(`${machineLine(describeMachine())}\n\n`);
process.stdout.write("| model | weights | texts at once | tokens/s | weights read, GB/s |\n|---|---|---:|---:|---:|\n");
const bytes = { float32: 4, bfloat16: 2, int8: 1 };
for (const name of names.split(",")) {
  const { executor } = await executorOf("native");
  for (const [type, size] of Object.entries(bytes)) {
    const model = await languageModel(executor, workloads[name]);
    if (type !== "float32") await model.quantize(type);
    const row = (count, speed) => {
      const read = (size * matmulParameters(workloads[name]) * speed) / count / 1e9;
      const cells = [workloads[name].title, type, count, Math.round(speed).toLocaleString("en"), read.toFixed(1)];
      process.stdout.write(`| ${cells.join(" | ")} |\n`);
    };
    row(1, await tokensPerSecond(one(model), 1, Number(seconds)));
    if (type !== "float32") continue;
    for (const count of [8, 64]) row(count, await tokensPerSecond(many(model, count), count, Number(seconds)));
  }
}
