// Does the event loop stay free while a model trains? node bench/eventLoop.mjs [SECONDS [WORKLOAD]]
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { describeMachine, machineLine } from "./machine.mjs";
import { executorOf, trainingStep } from "./step.mjs";
import { workloads } from "./workloads.mjs";

/** The timer that is watched, in milliseconds; how late it fires is the delay. */
const period = 1;

const [seconds = "10", name = "W1"] = process.argv.slice(2);
const workload = workloads[name];
if (!(Number(seconds) > 0) || !workload) {
  process.stderr.write(`node bench/eventLoop.mjs [SECONDS [${Object.keys(workloads).join("|")}]]\n`);
  process.exit(1);
}

/** Delays of the event loop while `work` goes on, in milliseconds. */
async function delays(work) {
  const histogram = monitorEventLoopDelay({ resolution: period });
  histogram.enable();
  const steps = await work();
  histogram.disable();
  const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - period);
  return {
    steps,
    median: late(histogram.percentile(50)),
    p99: late(histogram.percentile(99)),
    maximum: late(histogram.max),
  };
}

async function stepsFor(step) {
  const end = performance.now() + Number(seconds) * 1000;
  let steps = 0;
  while (performance.now() < end) {
    await step();
    steps++;
  }
  return steps;
}

const { executor, settings } = await executorOf("native");
const step = await trainingStep(executor, workload, workload.T);
await step();

const rows = [
  ["nothing to do", await delays(() => sleep(Number(seconds) * 1000, 0))],
  [`training ${name}`, await delays(() => stepsFor(step))],
];
const cell = (value) => value.toFixed(2).padStart(8);
process.stdout.write(`${machineLine(describeMachine())}\n${settings}\n\n`);
process.stdout.write(`event loop delay, ms        median      99 %   maximum   steps\n`);
for (const [title, { median, p99, maximum, steps }] of rows) {
  process.stdout.write(
    `${title.padEnd(25)} ${cell(median)}  ${cell(p99)}  ${cell(maximum)}  ${String(steps).padStart(6)}\n`,
  );
}
