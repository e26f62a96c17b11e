import type { Program, Value } from "../graph/program.js";

/** Every value starts on a cache line, which is also the width of the widest vector register. */
const alignment = 64;

interface Placed {
  readonly id: number;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  offset: number;
}

/** The places of a program's values in an arena. */
export interface Arena {
  /** By id of a value in the arena: bytes from its start. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

/**
 * Places a program's values in order of size, largest first, each at the lowest offset where nothing that lives at the same time
 * is in the way.
 * @param bytesOf the size of a value in the executor's layout.
 */
export function placeValues({ values }: Program, bytesOf: (value: Value) => number): Arena {
  const items = values.flatMap((value): Placed[] => {
    if (value.storage.kind !== "arena") return [];
    const { first, last } = value.storage;
    return [{ id: value.id, bytes: Math.ceil(bytesOf(value) / alignment) * alignment, first, last, offset: 0 }];
  });
  const placed: Placed[] = [];
  let bytes = 0;
  for (const item of items.sort((a, b) => b.bytes - a.bytes)) {
    const inTheWay = placed
      .filter((other) => other.first <= item.last && item.first <= other.last)
      .sort((a, b) => a.offset - b.offset);
    for (const other of inTheWay) {
      if (item.offset + item.bytes <= other.offset) break;
      item.offset = Math.max(item.offset, other.offset + other.bytes);
    }
    placed.push(item);
    bytes = Math.max(bytes, item.offset + item.bytes);
  }
  return { offsets: new Map(placed.map(({ id, offset }) => [id, offset])), bytes };
}
