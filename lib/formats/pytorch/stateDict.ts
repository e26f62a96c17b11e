import { FileError, quote } from "../../errors.js";
import type { PickleValue } from "./pickleValue.js";
import { Tuple } from "./pickleValue.js";
import { StoredTensor } from "./storedTensor.js";

/** Dictionaries and lists inside of each other at most. */
const deepest = 32;

/**
 * The tensors of a state_dict by their names. Those of dictionaries and lists in it have the keys on the way before theirs, with dots
 * between them: a checkpoint's "model.rnn.weight_hh_l0". Whatever else is in it is left out.
 * @param options.most values that are looked at: no honest file has more than bytes.
 * @throws FileError if there is none, or two have one name.
 */
export function tensorsByName(
  root: PickleValue,
  { file, most }: { file: string; most: number },
): Map<string, StoredTensor> {
  if (root instanceof StoredTensor) {
    throw new FileError(
      `${file} holds a tensor without a name. Save it as a dictionary: torch.save({"name": tensor}, file).`,
    );
  }
  const tensors = new Map<string, StoredTensor>();
  let looked = 0;
  const visit = (value: PickleValue, path: readonly string[]) => {
    if (++looked > most || path.length > deepest) throw new FileError(`${file} holds dictionaries without an end.`);
    if (value instanceof StoredTensor) {
      const name = path.join(".");
      if (tensors.has(name)) throw new FileError(`${file} holds two tensors of the name ${quote(name)}.`);
      tensors.set(name, value);
    }
    for (const [key, item] of entriesOf(value)) visit(item, [...path, key]);
  };
  visit(root, []);
  if (tensors.size === 0) {
    throw new FileError(`${file} holds no tensors. Save the weights: torch.save(model.state_dict(), file).`);
  }
  return tensors;
}

function* entriesOf(value: PickleValue): Iterable<[string, PickleValue]> {
  if (value instanceof Map) {
    for (const [key, item] of value) if (typeof key === "string" || typeof key === "number") yield [String(key), item];
  } else if (value instanceof Tuple || Array.isArray(value)) {
    const items: readonly PickleValue[] = value instanceof Tuple ? value.items : value;
    for (const [i, item] of items.entries()) yield [String(i), item];
  }
}
