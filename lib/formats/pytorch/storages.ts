import type { FileError } from "../../errors.js";
import type { Elements } from "./elements.js";
import { storageElements } from "./elements.js";
import type { PickleValue } from "./pickleValue.js";
import { PickleGlobal, Tuple } from "./pickleValue.js";
import { TensorStorage } from "./storedTensor.js";

/** Bytes of a file. */
export interface Place {
  readonly start: number;
  readonly length: number;
}

/** The storages that a pickle speaks of, by their keys. */
export class Storages {
  readonly byKey = new Map<string, TensorStorage>();
  readonly #damaged: (what: string) => FileError;

  constructor(damaged: (what: string) => FileError) {
    this.#damaged = damaged;
  }

  /** The storage of a persistent id: ("storage", class, key, device, elements), in older files with a view at the end. */
  of(id: PickleValue): TensorStorage {
    const [kind, type, key, , count, view = null] = id instanceof Tuple ? id.items : [];
    const elements = type instanceof PickleGlobal ? elementsOf(type) : undefined;
    const isCount = Number.isSafeInteger(count) && (count as number) >= 0;
    if (kind !== "storage" || !elements || typeof key !== "string" || !isCount || view !== null) {
      throw this.#damaged("it speaks of a storage that is none");
    }
    const known = this.byKey.get(key);
    if (known && known.elements === elements && known.length === count) return known;
    if (known) throw this.#damaged(`it describes the storage ${key} in two ways`);
    const storage = new TensorStorage(key, elements, count as number);
    this.byKey.set(key, storage);
    return storage;
  }
}

function elementsOf({ name }: PickleGlobal): Elements | undefined {
  return storageElements(name);
}
