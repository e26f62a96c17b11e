import { FileError, quote } from "../../errors.js";
import { dtypes, storageElements } from "./elements.js";
import type { Dictionary, PickleValue } from "./pickleValue.js";
import { Opaque, PickleGlobal, Tuple } from "./pickleValue.js";
import { StoredTensor, storedTensor } from "./storedTensor.js";

/** The class or function that a state_dict's pickle names. @throws FileError for one that no state_dict has. */
export function stateDictGlobal(file: string, module: string, name: string): PickleGlobal {
  const full = `${module === "__builtin__" ? "builtins" : module}.${name}`;
  const known = globals.get(full);
  if (known) return new PickleGlobal(full, known === "opaque" ? () => new Opaque() : (args) => known(args, file));
  const [, inTorch] = /^torch(?:\.storage)?\.(\w+)$/.exec(full) ?? [];
  if (inTorch !== undefined && storageElements(inTorch)) return new PickleGlobal(inTorch);
  if (module === "torch" && dtypes.has(name)) return new PickleGlobal(name);
  if (types.has(full)) return new PickleGlobal(full);
  throw new FileError(
    `${file} holds ${quote(full)}, which is no part of a state_dict: to make such an object, code would have to run. ` +
      `Save the weights alone, in Python: safetensors.torch.save_model(model, "weights.safetensors"), or torch.save(model.state_dict(), "weights.pt").`,
  );
}

type Maker = (args: readonly PickleValue[], file: string) => PickleValue;

/** Classes that only name a type. */
const types = new Set(["torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"]);

const globals = new Map<string, Maker | "opaque">([
  ["collections.OrderedDict", ([items]) => dictionaryOf(items)],
  ["torch.Size", ([sizes = []]) => sizes],
  ["torch._utils._rebuild_tensor", tensor],
  ["torch._utils._rebuild_tensor_v2", tensor],
  ["torch._utils._rebuild_tensor_v3", tensorOfType],
  ["torch._utils._rebuild_parameter", ([data = null]) => data],
  ["torch._utils._rebuild_parameter_with_state", ([data = null]) => data],
  ["torch._tensor._rebuild_from_type_v2", rebuilt],
  // The small things that lie beside the weights in checkpoints: their values are not read.
  ["collections.Counter", "opaque"],
  ["builtins.set", "opaque"],
  ["builtins.complex", "opaque"],
  ["builtins.bytearray", "opaque"],
  ["_codecs.encode", "opaque"],
  ["torch.device", "opaque"],
  ["torch.serialization._get_layout", "opaque"],
  ["numpy.dtype", "opaque"],
  ["numpy.core.multiarray.scalar", "opaque"],
  ["numpy._core.multiarray.scalar", "opaque"],
]);

function dictionaryOf(items: PickleValue = []): Dictionary {
  const pairs = (itemsOf(items) ?? []).map((pair) => itemsOf(pair) ?? []);
  return new Map(pairs.flatMap(([key, value]) => (key === undefined || value === undefined ? [] : [[key, value]])));
}

/** (storage, offset, shape, strides, ...): the rest says what gradients need. */
function tensor([storage, offset, shape, strides, ...rest]: readonly PickleValue[], file: string): PickleValue {
  return checked({ file, storage, offset, shape, strides, dtype: undefined, metadata: rest[2] });
}

function tensorOfType(
  [storage, offset, shape, strides, , , dtype, metadata]: readonly PickleValue[],
  file: string,
): PickleValue {
  return checked({ file, storage, offset, shape, strides, dtype, metadata });
}

function checked(parts: {
  file: string;
  storage: unknown;
  offset: unknown;
  shape: PickleValue | undefined;
  strides: PickleValue | undefined;
  dtype: unknown;
  metadata: unknown;
}): StoredTensor {
  const { file, storage, offset, dtype, metadata } = parts;
  if (metadata instanceof Map && metadata.size > 0) {
    throw new FileError(
      `${file} holds a tensor that is only marked as conjugate or negative. Take its resolve_conj().resolve_neg() before it is saved.`,
    );
  }
  const elements = dtype instanceof PickleGlobal ? dtypes.get(dtype.name) : undefined;
  const [shape, strides] = [itemsOf(parts.shape), itemsOf(parts.strides)];
  const made = storedTensor(storage, { elements, offset, shape, strides });
  if (made instanceof StoredTensor) return made;
  throw new FileError(`${file} is damaged, or no state_dict: ${made}.`);
}

/** (function, class, arguments, attributes) of a tensor with attributes. */
function rebuilt([make, , args]: readonly PickleValue[]): PickleValue {
  const items = itemsOf(args);
  return make instanceof PickleGlobal && make.call && items ? make.call(items) : new Opaque();
}

function itemsOf(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  if (value instanceof Tuple) return value.items;
  return Array.isArray(value) ? value : undefined;
}
