// How fast is one short text labelled, and how many requests a second does a server answer? node bench/serving.mjs [SECONDS [CLIENTS]]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, machineLine } from "./machine.mjs";
import { executorOf } from "./step.mjs";

const { positionals } = parseArgs({ allowPositionals: true });
const [seconds, clients] = [positionals[0] ?? "5", positionals[1] ?? "20"].map(Number);
if (!(seconds > 0 && clients >= 1)) {
  process.stderr.write("node bench/serving.mjs [SECONDS [CLIENTS]]\n");
  process.exit(1);
}
const { SequenceClassifier, WordTokenizer } = await import(new URL("../dist/index.js", import.meta.url).href);

// The size of a classifier of questions: 9,000 words, 6 labels, GRU 128 in both directions.
const words = Array.from({ length: 9000 }, (_, i) => `w${i}`);
const { executor } = await executorOf("native");
const model = await SequenceClassifier.create({
  executor,
  tokenizer: WordTokenizer.fromText(words.join(" "), { unknown: true }),
  labels: ["a", "b", "c", "d", "e", "f"],
});
let state = 1;
const draw = (limit) => (state = (state * 48_271) % 2_147_483_647) % limit;
const texts = Array.from({ length: 1000 }, () =>
  Array.from({ length: 4 + draw(14) }, () => words[draw(9000)]).join(" "),
);

/** Milliseconds in rising order, as three quantiles. */
function quantiles(times) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(2);
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${times.at(-1).toFixed(2)} ms`;
}

/** Milliseconds of each call, in turn, until the time is over. */
async function timed(call, duration) {
  const [times, end] = [[], performance.now() + 1000 * duration];
  for (let i = 0; performance.now() < end; i++) {
    const start = performance.now();
    await call(texts[i % texts.length]);
    times.push(performance.now() - start);
  }
  return times;
}

process.stdout.write(`${machineLine(describeMachine())}\n\n`);
await timed((text) => model.classify([text]), 1); // compiles the programs of all lengths
const direct = await timed((text) => model.classify([text]), seconds);
process.stdout.write(`one caller, in the program: ${direct.length} texts, ${quantiles(direct)}\n`);

const folder = mkdtempSync(join(tmpdir(), "ostinato-serving-"));
await model.save(join(folder, "model"));
const example = fileURLToPath(new URL("../examples/classification-server.mjs", import.meta.url));
const server = spawn(process.execPath, [example, join(folder, "model"), "0"], { stdio: ["ignore", "pipe", "inherit"] });
try {
  const [line] = await once(server.stdout, "data");
  const at = /http:\S+/.exec(String(line))[0];
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const request = (text) =>
    new Promise((resolve, reject) => {
      get(`${at}/?text=${encodeURIComponent(text)}`, { agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.resume().on("end", resolve);
      }).on("error", reject);
    });
  const all = (duration) => Promise.all(Array.from({ length: clients }, () => timed(request, duration)));
  await all(2);
  const start = performance.now();
  const times = (await all(seconds)).flat();
  const rate = (1000 * times.length) / (performance.now() - start);
  process.stdout.write(`${clients} clients of a server: ${Math.round(rate)} requests/s, ${quantiles(times)}\n`);
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}
