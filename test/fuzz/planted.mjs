import { OptionError } from "../../dist/index.js";

/** Mutants with faults of each kind, for the test of the fuzzer: by number. */
export async function exercise(_folder, _mutant, number) {
  if (number === 1) for (;;);
  if (number === 2) process.kill(process.pid, "SIGSEGV");
  if (number === 3) return ["load: TypeError: x is not a function"];
  if (number === 4) Buffer.alloc(4e8, 1);
  if (number === 5) await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (number === 6) throw new OptionError("the fuzzer itself");
  if (number === 7) process.exit(3);
  return [];
}
