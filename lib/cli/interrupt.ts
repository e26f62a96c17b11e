/**
 * Turns Ctrl-C (SIGINT) and SIGTERM into an AbortSignal, so that a long command can save and stop. A second signal ends
 * the process at once.
 */
export function interruptible(): { signal: AbortSignal; stoppedBy: () => NodeJS.Signals | null; done: () => void } {
  const controller = new AbortController();
  let by: NodeJS.Signals | null = null;
  const listen = (name: NodeJS.Signals) => {
    if (by) process.exit(exitCodeOf(name));
    by = name;
    controller.abort();
  };
  process.on("SIGINT", listen);
  process.on("SIGTERM", listen);
  return {
    signal: controller.signal,
    stoppedBy: () => by,
    done: () => {
      process.off("SIGINT", listen);
      process.off("SIGTERM", listen);
    },
  };
}

/** What shells expect of a process that a signal ended: 128 + its number. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return signal === "SIGINT" ? 130 : 143;
}
