import { cpus, loadavg, release, totalmem, type } from "node:os";

/** The facts about the machine that a reader needs to judge a time. */
export function describeMachine() {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? "unknown CPU",
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release().split("-")[0]}`,
    node: process.version,
  };
}

/** One line for the report. */
export function machineLine({ cpu, cores, memoryGB, system, node }) {
  return `${cpu}, ${cores} cores, ${memoryGB} GB, ${system}, Node ${node.slice(1)}`;
}

/** The machine as a file name: "intel-xeon-processor-2-cores". */
export function machineSlug({ cpu, cores }) {
  const words = cpu
    .toLowerCase()
    .replace(/\((r|tm)\)/g, " ")
    .match(/[a-z0-9.]+/g) ?? ["unknown"];
  return `${words.join("-")}-${cores}-cores`;
}

/** A warning before measuring on a machine that others are using; null when it is quiet. */
export function busyWarning() {
  const [load = 0] = loadavg();
  if (load < 0.5) return null;
  return (
    `warning: the load of this machine is ${load.toFixed(1)}. Where another program takes a core, OpenMP's waiting threads make ` +
    "PyTorch up to 15 times slower, and nobody's figures can be trusted."
  );
}
