import { constants } from "node:os";

/** Signals that end a long command: Ctrl-C, SIGTERM, a terminal that closes. */
const ends = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** All that ends one: also a reader of its output that leaves ("SIGPIPE"), and output that cannot be written, as on a full disk. */
type Ending = NodeJS.Signals | "output";

/** Milliseconds in which a second signal is the first one once more: npx and timeout hand on what the terminal has sent to all. */
const echo = 1000;

/**
 * Turns the signals that end a process into an AbortSignal, so that a long command can save and stop. A second one, after a
 * second or later, ends the process at once.
 */
export function interruptible(): { signal: AbortSignal; stoppedBy: () => Ending | null; done: () => void } {
  const controller = new AbortController();
  let by: Ending | null = null;
  let since = 0;
  const listen = (name: Ending) => {
    if (by) {
      if (performance.now() - since >= echo) process.exit(exitCodeOf(name));
      return;
    }
    by = name;
    since = performance.now();
    controller.abort();
  };
  // Node ignores SIGPIPE: a reader that leaves shows in the stream instead, perhaps once for each write.
  const left = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" && !by) listen("SIGPIPE");
  };
  const lost = (error: NodeJS.ErrnoException) => {
    if (!by) listen(error.code === "EPIPE" ? "SIGPIPE" : "output");
  };
  for (const name of ends) process.on(name, listen);
  process.stdout.on("error", lost);
  process.stderr.on("error", left);
  return {
    signal: controller.signal,
    stoppedBy: () => by,
    done: () => {
      for (const name of ends) process.off(name, listen);
      process.stdout.off("error", lost);
      process.stderr.off("error", left);
    },
  };
}

/**
 * Long work that has nothing to save: a signal ends it, whatever error it then runs into, with the exit code that shells expect.
 * @param stopped is told when that happens.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<void>,
  stopped: () => void = () => {},
): Promise<void> {
  const { signal, stoppedBy, done } = interruptible();
  try {
    await work(signal);
  } catch (error) {
    if (!stoppedBy()) throw error;
    stopped();
  } finally {
    const by = stoppedBy();
    if (by) process.exitCode = exitCodeOf(by);
    done();
  }
}

/** The exit code that shells expect of a process that a signal ended, or that failed. */
export function exitCodeOf(ending: Ending): number {
  return ending === "output" ? 1 : 128 + constants.signals[ending];
}
