// node ostinato.mjs native|native-high|native-medium|native-bfloat16|native-int8|wasm|reference WORKLOAD WINDOW
import { executorOf, stepOf } from "../step.mjs";
import { workloads } from "../workloads.mjs";
import { serve } from "./serve.mjs";

const [kind, name, window] = process.argv.slice(2);
const { executor, settings, weights } = await executorOf(kind);
await serve({ settings, step: await stepOf(executor, { ...workloads[name], T: Number(window) }, weights) });
