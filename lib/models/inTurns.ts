import { setImmediate } from "node:timers/promises";

/** Items that are worked on before the event loop has a turn. */
const itemsAtOnce = 500;

/** Work on each item in order, with turns of the event loop in between. @throws the signal's reason if it fires. */
export async function inTurns<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => R,
  signal: AbortSignal | undefined,
): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) {
    if (index % itemsAtOnce === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    results.push(work(item, index));
  }
  return results;
}
