import { fstatSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { decodeText } from "../data/index.js";
import { FileError } from "../errors.js";

/** Milliseconds without input after which the lines that are there are handed out. */
const pauseMilliseconds = 20;

/**
 * The lines of standard input, by the rules of `decodeText`, in groups of at most `largest`: what has come when the input
 * pauses, so that nobody who writes a line and waits for its answer waits for ever. A plain file never pauses.
 *
 * @throws InputError for what is not UTF-8, after the lines before it; AbortError when the signal says so.
 */
export async function* standardInputLines(
  largest: number,
  signal: AbortSignal,
): AsyncGenerator<string[], void, undefined> {
  const pieces = decodeText(readable(), { name: "standard input", isFile: false });
  try {
    yield* groupLines(pieces, { largest, signal, pause: fstatSync(0).isFile() ? null : pauseMilliseconds });
  } finally {
    // A read that is under way would keep the process.
    process.stdin.destroy();
  }
}

async function* readable(): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of process.stdin) yield chunk as Buffer;
  } catch (cause) {
    throw new FileError(`Could not read standard input: ${(cause as Error).message}`, cause);
  }
}

/**
 * Cuts pieces of text into lines and hands them out in groups.
 * @param options.pause milliseconds after which a group is handed out that could still grow; null waits for more.
 */
export async function* groupLines(
  pieces: AsyncIterator<string, void>,
  { largest, pause, signal }: { largest: number; pause: number | null; signal: AbortSignal },
): AsyncGenerator<string[], void, undefined> {
  let lines: string[] = [];
  let open: string[] = [];
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
  // Between groups nobody waits for it.
  aborted.catch(() => {});
  for (;;) {
    const next = pieces.next().then(
      ({ done, value }) => (done ? ("end" as const) : { text: value as string }),
      (error: unknown) => ({ error }),
    );
    let result = await Promise.race([next, aborted, ...(pause === null || lines.length === 0 ? [] : [paused(pause)])]);
    if (result === "pause") {
      yield lines;
      lines = [];
      result = await Promise.race([next, aborted]);
    }
    if (result === "end" || "error" in result) {
      if (result === "end" && open.length > 0) lines.push(open.join(""));
      if (lines.length > 0) yield lines;
      if (result === "end") return;
      throw result.error;
    }
    let start = 0;
    for (let end = result.text.indexOf("\n"); end >= 0; end = result.text.indexOf("\n", start)) {
      lines.push(open.join("") + result.text.slice(start, end));
      open = [];
      start = end + 1;
      if (lines.length < largest) continue;
      yield lines;
      lines = [];
    }
    if (start < result.text.length) open.push(result.text.slice(start));
  }
}

async function paused(milliseconds: number): Promise<"pause"> {
  return setTimeout(milliseconds, "pause" as const);
}
