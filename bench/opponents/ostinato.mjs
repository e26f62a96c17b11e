// node ostinato.mjs native|native-high|native-medium|reference WORKLOAD WINDOW
import { executorOf, trainingStep } from "../trainingStep.mjs";
import { workloads } from "../workloads.mjs";
import { serve } from "./serve.mjs";

const [kind, name, window] = process.argv.slice(2);
const { executor, settings } = await executorOf(kind);
await serve({ settings, step: await trainingStep(executor, workloads[name], Number(window)) });
