// Does the event loop stay free while a model trains? node bench/eventLoop.mjs [SECONDS [WORKLOAD]]
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { describeMachine, machineLine } from "./machine.mjs";
import { keepDelays } from "./results.mjs";
import { executorOf, trainingStep } from "./trainingStep.mjs";
import { workloads } from "./workloads.mjs";
