// Reads of an ELF file (Linux) what a dynamic linker asks of it. Layout: System V gABI; symbol versions: LSB 3.1, 10.7.
import { Bytes } from "./bytes.mjs";

const machines = new Map([
  [62, "x64"],
  [183, "arm64"],
]);
const segment = { load: 1, dynamic: 2, interpreter: 3, stack: 0x6474e551, relro: 0x6474e552 };
const tag = {
  needed: 1,
  strings: 5,
  symbols: 6,
  soname: 14,
  runPath: 29,
  rPath: 15,
  textRelocations: 22,
  bindNow: 24,
  flags: 30,
  flags1: 0x6ffffffb,
  versionNeeds: 0x6ffffffe,
  versionNeedCount: 0x6fffffff,
};
const flags = { textRelocations: 4, bindNow: 8 };
const flags1 = { now: 1, noDelete: 8 };
const dynamicSymbols = 11;
const executable = 1;
const writable = 2;

/**
 * Reads a shared object of 64 bits:
 * `needed` libraries, `versions` of symbols ("GLIBC_2.17"), `exports`, `imports`, and how its memory is protected.
 */
export function readElf(buffer) {
  const file = new Bytes(buffer, "little");
  if (buffer.length < 64 || file.u32(0) !== 0x464c457f) throw new Error("not an ELF file");
  if (file.u8(4) !== 2 || file.u8(5) !== 1) throw new Error("not an ELF file of 64 bits, little-endian");
  const segments = readSegments(file);
  const offsetOf = (address) => {
    const within = segments.find(
      ({ type, virtual, size }) => type === segment.load && address >= virtual && address < virtual + size,
    );
    if (!within) throw new Error(`no segment holds the address 0x${address.toString(16)}`);
    return within.offset + address - within.virtual;
  };
  const dynamic = readDynamic(file, segments);
  const one = (name) => dynamic.find((entry) => entry.tag === tag[name])?.value;
  const strings = offsetOf(one("strings"));
  const text = (offset) => file.text(strings + offset);
  const symbols = readSymbols(file, offsetOf(one("symbols")), symbolCount(file), text);
  return {
    arch: machines.get(file.u16(18)) ?? `machine ${file.u16(18)}`,
    needed: dynamic.filter((entry) => entry.tag === tag.needed).map(({ value }) => text(value)),
    versions: readVersions(file, one("versionNeeds"), one("versionNeedCount") ?? 0, offsetOf, text),
    exports: symbols.filter(({ defined, local }) => defined && !local).map(({ name }) => name),
    imports: symbols.filter(({ defined }) => !defined).map(({ name }) => name),
    relro: segments.some(({ type }) => type === segment.relro),
    bindNow: one("bindNow") !== undefined || bit(one("flags"), flags.bindNow) || bit(one("flags1"), flags1.now),
    noDelete: bit(one("flags1"), flags1.noDelete),
    textRelocations: one("textRelocations") !== undefined || bit(one("flags"), flags.textRelocations),
    runPath: one("runPath") !== undefined || one("rPath") !== undefined,
    executableStack: !segments.some(({ type, access }) => type === segment.stack && !(access & executable)),
    writableCode: segments.some(
      ({ type, access }) => type === segment.load && access & executable && access & writable,
    ),
  };
}

function bit(value = 0, mask) {
  return (value & mask) !== 0;
}

function readSegments(file) {
  const [start, entrySize, count] = [file.u64(32), file.u16(54), file.u16(56)];
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * entrySize;
    return {
      type: file.u32(at),
      access: file.u32(at + 4),
      offset: file.u64(at + 8),
      virtual: file.u64(at + 16),
      size: file.u64(at + 32),
    };
  });
}

function readDynamic(file, segments) {
  const found = segments.find(({ type }) => type === segment.dynamic);
  if (!found) throw new Error("no dynamic segment: this is no shared object");
  const entries = [];
  for (let at = found.offset; at < found.offset + found.size && file.u64(at) !== 0; at += 16) {
    entries.push({ tag: file.u64(at), value: file.u64(at + 8) });
  }
  return entries;
}

/** Number of dynamic symbols, by the size of their section. */
function symbolCount(file) {
  const [start, entrySize, count] = [file.u64(40), file.u16(58), file.u16(60)];
  for (let at = start; at < start + count * entrySize; at += entrySize) {
    if (file.u32(at + 4) === dynamicSymbols) return file.u64(at + 32) / 24;
  }
  throw new Error("no section of dynamic symbols");
}

function readSymbols(file, start, count, text) {
  return Array.from({ length: Math.max(0, count - 1) }, (_, i) => {
    const at = start + (i + 1) * 24;
    return { name: text(file.u32(at)), local: file.u8(at + 4) >> 4 === 0, defined: file.u16(at + 6) !== 0 };
  });
}

function readVersions(file, needs, count, offsetOf, text) {
  const versions = [];
  for (let i = 0, at = needs === undefined ? 0 : offsetOf(needs); i < count; i++, at += file.u32(at + 12)) {
    for (let k = 0, part = at + file.u32(at + 8); k < file.u16(at + 2); k++, part += file.u32(part + 12)) {
      versions.push(text(file.u32(part + 8)));
    }
  }
  return versions;
}
