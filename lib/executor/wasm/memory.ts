import type { Engine, Memory } from "./engine.js";

/** Where the bytes of a module say what memory it imports. */
interface ImportedMemory {
  /** The offset of the byte that says, by its second bit, that threads share it. */
  readonly kind: number;
  /** Pages of 64 kB to begin with. */
  readonly initial: number;
}

const [importSection, functionKind, memoryKind] = [2, 0, 2];
const sharedBit = 2;
/** Pages of 4 GB. */
const mostPages = 65_536;

/** The first memory that a module imports, behind functions at most (WebAssembly, Binary Format, 5.5.5); undefined if there is none. */
function importedMemory(bytes: Uint8Array): ImportedMemory | undefined {
  let at = 8;
  const byte = () => bytes[at++] ?? 0;
  const number = () => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const part = byte();
      value += (part % 128) * factor;
      if (part < 128) return value;
    }
  };
  const skip = (length: number) => {
    at += length;
  };
  while (at < bytes.length) {
    const section = byte();
    const length = number();
    if (section !== importSection) {
      skip(length);
      continue;
    }
    for (let left = number(); left > 0; left--) {
      skip(number());
      skip(number());
      const what = byte();
      if (what === memoryKind) return { kind: at++, initial: number() };
      if (what !== functionKind) return undefined;
      number();
    }
    return undefined;
  }
  return undefined;
}

/**
 * A memory for a module that imports one, and the bytes of that module for it. The module is compiled for one that threads share; one that
 * they do not share differs by a bit of the bytes, and is to be had in every page.
 * @throws Error if the bytes are no such module, RangeError if there is no room for a memory.
 */
export function memoryFor(
  engine: Engine,
  bytes: Uint8Array,
  { shared }: { shared: boolean },
): { memory: Memory; bytes: Uint8Array } {
  const imported = importedMemory(bytes);
  if (!imported) throw new Error("They import no memory.");
  const { kind, initial } = imported;
  if (shared) return { memory: sharedMemory(engine, initial), bytes };
  const own = Uint8Array.from(bytes);
  own[kind] = (own[kind] as number) & ~sharedBit;
  return { memory: new engine.Memory({ initial, maximum: mostPages }), bytes: own };
}

/** Some engines set aside the addresses of a shared memory when it is made, and phones have fewer than 4 GB. */
function sharedMemory(engine: Engine, initial: number): Memory {
  for (let maximum = mostPages; ; maximum /= 2) {
    try {
      return new engine.Memory({ initial, maximum, shared: true });
    } catch (error) {
      if (maximum / 2 < initial || maximum < 8192) throw error;
    }
  }
}
