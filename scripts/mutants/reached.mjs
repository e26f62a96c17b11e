// Loaded into every process of a test while its reach is measured: writes down which probes the process passes.
import { openSync, writeSync } from "node:fs";

const { OSTINATO_REACH: path } = process.env;

if (path) {
  let output;
  globalThis.reached = (file, length) => {
    const seen = new Uint8Array(length);
    return {
      seen,
      report(begin) {
        seen[begin] = 1;
        try {
          output ??= openSync(path, "a");
          writeSync(output, `${file}\t${begin}\n`);
        } catch {
          // A test may leave a process no room or no files; what it reaches then is reached by others.
        }
      },
    };
  };
}
