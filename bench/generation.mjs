// How many tokens a second does one sequence write? node bench/generation.mjs [SECONDS [WORKLOADS]]
import { parseArgs } from "node:util";
import { describeMachine, machineLine } from "./machine.mjs";
import { executorOf, languageModel } from "./trainingStep.mjs";
import { matmulParameters, workloads } from "./workloads.mjs";

const { positionals } = parseArgs({ allowPositionals: true });
const [seconds = "5", names = "W1,W2"] = positionals;
if (!(Number(seconds) > 0) || names.split(",").some((name) => !Object.hasOwn(workloads, name))) {
  process.stderr.write(`node bench/generation.mjs [SECONDS [${Object.keys(workloads).join(",")}]]\n`);
  process.exit(1);
}

/** Tokens per second of one sequence, as a caller of generate() sees them. */
async function tokensPerSecond(model, duration) {
  const write = async (maximumTokens) => {
    const start = performance.now();
    for await (const _ of model.generate({ maximumTokens, seed: 1 }));
    return (performance.now() - start) / 1000;
  };
  await write(20);
  const rounds = [];
  const perRound = Math.max(20, Math.ceil((100 * duration) / 7 / (await write(100))));
  for (let round = 0; round < 7; round++) rounds.push(perRound / (await write(perRound)));
  return rounds.sort((a, b) => a - b)[3];
}

process.stdout.write(`${machineLine(describeMachine())}\n\n`);
process.stdout.write("| model | tokens/s | weights read, GB/s |\n|---|---:|---:|\n");
for (const name of names.split(",")) {
  const { executor } = await executorOf("native");
  const model = await languageModel(executor, workloads[name]);
  const speed = await tokensPerSecond(model, Number(seconds));
  const bandwidth = (4 * matmulParameters(workloads[name]) * speed) / 1e9;
  process.stdout.write(
    `| ${workloads[name].title} | ${Math.round(speed).toLocaleString("en")} | ${bandwidth.toFixed(1)} |\n`,
  );
}
