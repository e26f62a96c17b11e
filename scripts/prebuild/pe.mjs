// Reads of a PE file (Windows) what its loader asks of it. Layout: Microsoft's PE format specification.
import { Bytes } from "./bytes.mjs";

const machines = new Map([
  [0x8664, "x64"],
  [0xaa64, "arm64"],
]);
const pe32Plus = 0x20b;
const characteristics = { highEntropy: 0x20, dynamicBase: 0x40, noExecute: 0x100 };
const directory = { exports: 0, imports: 1, delayedImports: 13 };

/** Libraries that a DLL of 64 bits `needs`, the names that it `exports`, and whether its addresses are random and its data never runs. */
export function readPe(buffer) {
  const file = new Bytes(buffer, "little");
  if (buffer.length < 64 || file.u16(0) !== 0x5a4d) throw new Error("not a PE file");
  const header = file.u32(60);
  if (file.u32(header) !== 0x4550) throw new Error("not a PE file");
  const optional = header + 24;
  if (file.u16(optional) !== pe32Plus) throw new Error("not a PE file of 64 bits");
  const sections = readSections(file, optional + file.u16(header + 20), file.u16(header + 6));
  const offsetOf = (address) => {
    const within = sections.find(({ virtual, size }) => address >= virtual && address < virtual + size);
    if (!within) throw new Error(`no section holds the address 0x${address.toString(16)}`);
    return within.offset + address - within.virtual;
  };
  const table = (index) => file.u32(optional + 112 + 8 * index);
  const flags = file.u16(optional + 70);
  return {
    arch: machines.get(file.u16(header + 4)) ?? `machine 0x${file.u16(header + 4).toString(16)}`,
    needed: [
      ...readImports(file, table(directory.imports), 20, 12, offsetOf),
      ...readImports(file, table(directory.delayedImports), 32, 4, offsetOf),
    ],
    exports: readExports(file, table(directory.exports), offsetOf),
    randomAddress: (flags & characteristics.dynamicBase) !== 0 && (flags & characteristics.highEntropy) !== 0,
    noExecute: (flags & characteristics.noExecute) !== 0,
  };
}

function readSections(file, start, count) {
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * 40;
    return { virtual: file.u32(at + 12), size: file.u32(at + 16), offset: file.u32(at + 20) };
  });
}

/** Names of libraries in a table of descriptors that ends with one of zeros. */
function readImports(file, table, descriptorSize, nameOffset, offsetOf) {
  const names = [];
  if (table === 0) return names;
  for (let at = offsetOf(table); file.u32(at + nameOffset) !== 0; at += descriptorSize) {
    names.push(file.text(offsetOf(file.u32(at + nameOffset))));
  }
  return names;
}

function readExports(file, table, offsetOf) {
  if (table === 0) return [];
  const at = offsetOf(table);
  const names = offsetOf(file.u32(at + 32));
  return Array.from({ length: file.u32(at + 24) }, (_, i) => file.text(offsetOf(file.u32(names + 4 * i))));
}
