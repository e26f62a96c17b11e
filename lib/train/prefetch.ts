import { turnOfEventLoop } from "../eventLoop.js";

/** Items by `size`, fewer at the end. */
export async function* grouped<T>(
  source: AsyncIterable<T> | Iterable<T>,
  size: number,
): AsyncGenerator<T[], void, undefined> {
  let group: T[] = [];
  for await (const item of source) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/**
 * Prepares the next item while the current one is used. Reading from disk overlaps entirely; work on this thread begins
 * only after the consumer has started its own (such as a training step, which runs off the event loop).
 */
export async function* prefetch<T>(source: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let pending = Promise.resolve(iterator.next());
  try {
    for (;;) {
      const { value, done } = await pending;
      if (done) return;
      pending = turnOfEventLoop().then(() => iterator.next());
      // An error waits here until it is its turn; without this it would count as unhandled meanwhile.
      pending.catch(() => {});
      yield value;
    }
  } finally {
    await pending.catch(() => {});
    await iterator.return?.();
  }
}
