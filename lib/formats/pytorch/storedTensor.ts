import type { Elements } from "./elements.js";

/** Memory of one or several tensors. */
export class TensorStorage {
  constructor(
    /** Its name in the file. */
    readonly key: string,
    readonly elements: Elements,
    readonly length: number,
  ) {}
}

/** A tensor as a view of a storage. */
export class StoredTensor {
  constructor(
    readonly storage: TensorStorage,
    readonly view: {
      readonly elements: Elements;
      /** The element of the storage that it begins with. */
      readonly offset: number;
      readonly shape: readonly number[];
      /** Elements of the storage from one index of an axis to the next. */
      readonly strides: readonly number[];
    },
  ) {}
}

/** Axes of a tensor at most, as in PyTorch. */
const mostAxes = 64;

/**
 * A tensor of what a pickle says of it.
 * @returns a text that says what is wrong where the view does not lie in its storage.
 */
export function storedTensor(
  storage: unknown,
  view: { elements: Elements | undefined; offset: unknown; shape: unknown; strides: unknown },
): StoredTensor | string {
  if (!(storage instanceof TensorStorage)) return "a tensor has no storage";
  const { elements = storage.elements, offset } = view;
  if (!isCount(offset)) return "a tensor begins nowhere in its storage";
  const [shape, strides] = [view.shape, view.strides];
  if (!areCounts(shape) || !areCounts(strides) || shape.length !== strides.length || shape.length > mostAxes) {
    return "the shape of a tensor is none";
  }
  const count = shape.reduce((product, size) => product * size, 1);
  const length = Math.floor((storage.length * storage.elements.bytes) / elements.bytes);
  const text = `a tensor of shape [${shape}] with strides [${strides}] from element ${offset} on`;
  if (count > 0 && offset + extentOf(shape, strides) > length) {
    return `${text} does not lie in its storage of ${length} elements`;
  }
  if (count > length) {
    return `${text} repeats the ${length} elements of its storage: take its contiguous() before it is saved`;
  }
  return new StoredTensor(storage, { elements, offset, shape, strides });
}

/** Elements from the first of a view that is not empty to its last. */
export function extentOf(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] as number), 1);
}

/** The elements of a view, row-major, out of those from its first to its last. */
export function gathered<A extends { readonly length: number }>(
  values: A,
  { shape, strides }: Pick<StoredTensor["view"], "shape" | "strides">,
): A {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count === values.length && isRowMajor(shape, strides)) return values;
  const result = new (values.constructor as new (length: number) => A & { [index: number]: unknown })(count);
  const source = values as A & { readonly [index: number]: unknown };
  const index = shape.map(() => 0);
  let place = 0;
  for (let i = 0; i < count; i++) {
    result[i] = source[place];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      place -= (shape[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis] as number;
  }
  return true;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areCounts(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every(isCount);
}
