/** Fisher and Yates. */
export function shuffle(items: Uint32Array, random: { uniform(): number }): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    const item = items[i] as number;
    items[i] = items[j] as number;
    items[j] = item;
  }
}

/** Sorted by a whole number that many of them share; those that share one stay in order. */
export function sortBy(items: Uint32Array, key: (item: number) => number): Uint32Array {
  const places = new Map<number, number>();
  for (const item of items) places.set(key(item), (places.get(key(item)) ?? 0) + 1);
  let next = 0;
  for (const k of [...places.keys()].sort((a, b) => a - b)) {
    const count = places.get(k) as number;
    places.set(k, next);
    next += count;
  }
  const sorted = new Uint32Array(items.length);
  for (const item of items) {
    const place = places.get(key(item)) as number;
    sorted[place] = item;
    places.set(key(item), place + 1);
  }
  return sorted;
}

/**
 * The batches of an epoch: numbers of items, those whose shapes agree together, in an order of their own in each epoch.
 * @param options.shapeKey a whole number that items of one shape share.
 * @param options.random of the epoch; null for no shuffling.
 * @param options.from the first batch that is wanted.
 */
export function* shapeBatches(
  count: number,
  options: {
    batchSize: number;
    shapeKey: (item: number) => number;
    random: { uniform(): number } | null;
    from: number;
  },
): Generator<{ items: Uint32Array; index: number }, void, undefined> {
  const { batchSize, shapeKey, random, from } = options;
  const length = Math.ceil(count / batchSize);
  const items = Uint32Array.from({ length: count }, (_, i) => i);
  const order = Uint32Array.from({ length }, (_, i) => i);
  if (random) shuffle(items, random);
  const sorted = sortBy(items, shapeKey);
  if (random) shuffle(order, random);
  for (let index = from; index < length; index++) {
    const first = (order[index] as number) * batchSize;
    yield { items: sorted.subarray(first, first + batchSize), index };
  }
}
