// The best that this machine can do: node bench/ceilings.mjs [THREADS]. Builds bench/native/ceilings.cc, which says how.
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { describeMachine, machineLine } from "./machine.mjs";
import { builtProgram } from "./nativeProgram.mjs";
import { allThreads } from "./opponents/list.mjs";
import { keepResults } from "./results.mjs";

/**
 * @returns {{ threads: number, fmaGflops: number, unitGflopsFromL1: number, unitGflopsFromL2: number, readL2GBs: number,
 *   readL3GBs: number, readMemoryGBs: number }} 0 where there is no matrix unit
 */
export function measureCeilings(threads) {
  return JSON.parse(execFileSync(builtProgram("ceilings"), [String(threads)], { encoding: "utf8" }));
}

/** The line of a table that names them. */
export function ceilingsLine({ threads, ...at }) {
  const unit = at.unitGflopsFromL1
    ? `; matrix unit, bfloat16, ${at.unitGflopsFromL1} GFLOP/s on operands in L1 and ${at.unitGflopsFromL2} in L2`
    : "";
  return (
    `Ceilings, ${threads} threads: float32 multiply-adds ${at.fmaGflops} GFLOP/s${unit}; reading L2 ${at.readL2GBs}, ` +
    `L3 ${at.readL3GBs}, memory ${at.readMemoryGBs} GB/s.`
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const machine = describeMachine();
  const ceilings = measureCeilings(Number(process.argv[2] ?? allThreads));
  keepResults({ machine, ceilings, rows: [] });
  process.stdout.write(`${machineLine(machine)}\n${ceilingsLine(ceilings)}\n`);
}
