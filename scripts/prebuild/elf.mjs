// Reads, and in one thing changes, what a dynamic linker asks of an ELF file (Linux).
// Layout: System V gABI; symbol versions: LSB 3.1, 10.7.
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
  versions: 0x6ffffff0,
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
const dynamicEntrySize = 16;
/** Number of no version, among those of symbols: any library's will do. */
const noVersion = 1;
const dynamicSymbols = 11;
const executable = 1;
const writable = 2;

/**
 * Reads a shared object of 64 bits: `needed` libraries; `versions` of symbols ("GLIBC_2.17") and the libraries that they are `versionsOf`;
 * `exports`; `imports`, without those that may be missing, each with the library that a version is wanted of, if one is; and how its
 * memory is protected.
 */
export function readElf(buffer) {
  const { file, segments, dynamic, offsetOf, text } = sharedObject(buffer);
  const one = (name) => dynamic.find((entry) => entry.tag === tag[name])?.value;
  const symbols = readSymbols(file, dynamic, offsetOf, text);
  const needs = versionNeeds(file, dynamic, offsetOf);
  return {
    arch: machines.get(file.u16(18)) ?? `machine ${file.u16(18)}`,
    needed: dynamic.filter((entry) => entry.tag === tag.needed).map(({ value }) => text(value)),
    versions: needs.flatMap(({ parts }) => parts.map(({ name }) => text(name))),
    versionsOf: [...new Set(needs.map(({ library }) => text(library)))],
    exports: symbols.filter(({ defined, local }) => defined && !local).map(({ name }) => name),
    imports: symbols
      .filter(({ defined, weak }) => !defined && !weak)
      .map(({ name, version }) => ({ name, library: version?.library })),
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

/**
 * A copy of a shared object that needs no library by name: its symbols are those of whatever is loaded already. The versions that it wants of
 * symbols it wants of `library`, which must be loaded. Symbols of the other libraries that it needed want no version, and so get the
 * oldest one that there is, unless `alsoThere` says of a name that `library` has it too.
 */
export function withoutLibraries(buffer, library, alsoThere) {
  const { file, dynamic, offsetOf, text } = sharedObject(buffer);
  const changed = Buffer.from(buffer);
  const needed = dynamic.filter((entry) => entry.tag === tag.needed);
  const name = needed.find(({ value }) => text(value) === library)?.value;
  if (name === undefined) throw new Error(`it does not need ${library}`);
  const kept = dynamic.filter((entry) => entry.tag !== tag.needed);
  for (const [i, { at }] of kept.entries()) {
    changed.set(buffer.subarray(at, at + dynamicEntrySize), dynamic[i].at);
  }
  // Entries of zeros end the list.
  changed.fill(0, dynamic[kept.length].at, dynamic.at(-1).at + dynamicEntrySize);
  for (const { version, name: symbol, versionAt } of readSymbols(file, dynamic, offsetOf, text)) {
    if (version && version.library !== library && !alsoThere.test(symbol)) changed.writeUInt16LE(noVersion, versionAt);
  }
  for (const { at } of versionNeeds(file, dynamic, offsetOf)) changed.writeUInt32LE(name, at + 4);
  return changed;
}

function sharedObject(buffer) {
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
  const strings = offsetOf(dynamic.find((entry) => entry.tag === tag.strings)?.value);
  return { file, segments, dynamic, offsetOf, text: (offset) => file.text(strings + offset) };
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
  for (let at = found.offset; at < found.offset + found.size && file.u64(at) !== 0; at += dynamicEntrySize) {
    entries.push({ tag: file.u64(at), value: file.u64(at + 8), at });
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

/** Symbols, each with the version that is wanted of it, if one is, and the place where that stands. */
function readSymbols(file, dynamic, offsetOf, text) {
  const one = (name) => dynamic.find((entry) => entry.tag === tag[name])?.value;
  const [start, versions] = [offsetOf(one("symbols")), one("versions")];
  const wanted = new Map();
  for (const { library, parts } of versionNeeds(file, dynamic, offsetOf)) {
    for (const { index, name } of parts) wanted.set(index, { library: text(library), name: text(name) });
  }
  return Array.from({ length: Math.max(0, symbolCount(file) - 1) }, (_, i) => {
    const at = start + (i + 1) * 24;
    const binding = file.u8(at + 4) >> 4;
    const versionAt = versions === undefined ? undefined : offsetOf(versions) + 2 * (i + 1);
    return {
      name: text(file.u32(at)),
      local: binding === 0,
      weak: binding === 2,
      defined: file.u16(at + 6) !== 0,
      version: versionAt === undefined ? undefined : wanted.get(file.u16(versionAt) & 0x7fff),
      versionAt,
    };
  });
}

/** The libraries that versions of symbols are wanted of: where each stands, the offset of its name, and those of the versions' names. */
function versionNeeds(file, dynamic, offsetOf) {
  const one = (name) => dynamic.find((entry) => entry.tag === tag[name])?.value;
  const needs = [];
  for (let i = 0, at = 0; i < (one("versionNeedCount") ?? 0); i++) {
    at = i === 0 ? offsetOf(one("versionNeeds")) : at + file.u32(at + 12);
    const parts = [];
    for (let k = 0, part = at + file.u32(at + 8); k < file.u16(at + 2); k++, part += file.u32(part + 12)) {
      parts.push({ index: file.u16(part + 6), name: file.u32(part + 8) });
    }
    needs.push({ at, library: file.u32(at + 4), parts });
  }
  return needs;
}
