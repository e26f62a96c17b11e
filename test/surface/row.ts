/** Values that hardly fit anywhere. */
export const hostile: readonly unknown[] = [
  undefined,
  null,
  true,
  5,
  -1,
  0.5,
  Number.NaN,
  2 ** 40,
  "nonsense",
  "",
  Buffer.from("buffer"),
  [],
  [5],
  [undefined],
  {},
  { nonsense: 1 },
  () => 1,
];

/** A public function or method, with arguments that fit. */
export interface Entry {
  args: () => unknown[];
  call: (...args: never[]) => unknown;
  /** Positions of objects that may have more than is read: feeds by name, data. */
  open?: readonly number[];
}

export const entry = (call: Entry["call"], args: () => unknown[], open: readonly number[] = []): Entry => ({
  call,
  args,
  open,
});

/** A constructor, as a function. */
export const made = (Kind: unknown): Entry["call"] =>
  ((...args: unknown[]) => new (Kind as new (...args: unknown[]) => unknown)(...args)) as Entry["call"];

/** A method of an object that is made for each call. */
export const of = <T extends object>(make: () => T | Promise<T>, method: keyof T): Entry["call"] =>
  (async (...args: unknown[]) => {
    const object = await make();
    return (object[method] as unknown as (...args: unknown[]) => unknown).call(object, ...args);
  }) as Entry["call"];

/** Takes a few values of what is lazy, so that it does its work. */
export async function settled(value: unknown): Promise<unknown> {
  const result = (await value) as AsyncIterable<unknown> | Iterable<unknown> | null | undefined;
  if (typeof result !== "object" || result === null) return result;
  if (!(Symbol.asyncIterator in result) && !("next" in result)) return result;
  let left = 3;
  for await (const _ of result) if (--left === 0) break;
  return result;
}

export const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
