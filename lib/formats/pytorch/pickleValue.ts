/** A tuple of a pickle; its lists are arrays. */
export class Tuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** A class or function that a pickle names. `call` is ours: no code of the file, and none of Python, ever runs. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    /** Makes an object of its arguments. Absent: a class that only names a type. */
    readonly call?: (args: readonly PickleValue[]) => PickleValue,
  ) {}
}

/** An object that nobody looks into: a device, a number of NumPy. */
export class Opaque {}

/** A dictionary, in its order. */
export type Dictionary = Map<PickleValue, PickleValue>;

/** The values that plain data has in a pickle, and those that a caller's table of globals makes. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PickleValue[]
  | Dictionary
  | object;
