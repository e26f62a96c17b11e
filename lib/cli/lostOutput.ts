import { writingAdvice } from "../formats/index.js";
import { rankPrefix } from "./distributed.js";
import { notes, paint } from "./output.js";

/**
 * Ends the process where its output cannot be written: quietly after a reader that has left (`ostinato info | head -1`), with a sentence and
 * exit code 1 otherwise, as on a full disk. Long commands listen too (interrupt.ts), and stop by themselves.
 */
export function endWithoutOutput(): void {
  let isTold = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && !isTold) {
      isTold = true;
      process.exitCode = 1;
      notes.write(rankPrefix(), paint.red("error:"), ` Could not write standard output: ${writingAdvice(error)}\n`);
    }
    if (process.stdout.listenerCount("error") === 1) process.exit();
  });
}
