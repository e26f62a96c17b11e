// The cost of a training step that computes nothing. node bench/overhead.mjs [SECONDS]
import { describeMachine, machineLine } from "./machine.mjs";
import { executorOf, trainingStep } from "./step.mjs";

const seconds = Number(process.argv[2] ?? 3);
if (!(seconds > 0)) {
  process.stderr.write("node bench/overhead.mjs [SECONDS]\n");
  process.exit(1);
}

const sizes = { V: 27, E: 16, H: 16, layers: 1, B: 1, T: 16 };
const { executor, settings } = await executorOf("native");
const step = await trainingStep(executor, sizes, sizes.T);
for (let i = 0; i < 200; i++) await step();
const times = [];
for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
  const start = performance.now();
  await step();
  times.push(1000 * (performance.now() - start));
}
times.sort((a, b) => a - b);
const at = (share) => times[Math.floor(share * (times.length - 1))].toFixed(0);
process.stdout.write(`${machineLine(describeMachine())}\n${settings}\n\n`);
process.stdout.write(
  `A step of LM(V=27, H=16, B=1, T=16), forward to update, in microseconds: median ${at(0.5)}, quartiles ${at(0.25)} to ` +
    `${at(0.75)}, 99 % ${at(0.99)}; ${times.length.toLocaleString("en")} steps.\n`,
);
