// How much memory does training take, and does it grow? node bench/memory.mjs [native|native-high|native-medium [WORKLOAD [STEPS]]]
import { describeMachine, machineLine } from "./machine.mjs";
import { executorOf, trainingStep } from "./step.mjs";
import { workloads } from "./workloads.mjs";

const [kind = "native", name = "W1", count = "100"] = process.argv.slice(2);
const workload = workloads[name];
const steps = Number(count);
if (!workload || !(steps >= 10) || !/^native(-high|-medium)?$/.test(kind)) {
  process.stderr.write(
    `node bench/memory.mjs [native|native-high|native-medium [${Object.keys(workloads).join("|")} [STEPS]]]\n`,
  );
  process.exit(1);
}

const megabytes = () => Math.round(process.memoryUsage().rss / 1e6);
const { executor, settings } = await executorOf(kind);
const step = await trainingStep(executor, workload, workload.T);
const seen = [];
for (let done = 1; done <= steps; done++) {
  await step();
  if (done % Math.ceil(steps / 10) === 0) seen.push(megabytes());
}
process.stdout.write(`${machineLine(describeMachine())}\n${settings}\n\n`);
process.stdout.write(`${name}, resident memory in MB over ${steps.toLocaleString("en")} steps: ${seen.join(", ")}\n`);
