// Reads of a Mach-O file (macOS) what its loader asks of it. Layout: Apple's mach-o/loader.h, nlist.h and kern/cs_blobs.h.
import { createHash } from "node:crypto";
import { Bytes } from "./bytes.mjs";

const machines = new Map([
  [0x01000007, "x64"],
  [0x0100000c, "arm64"],
]);
const command = {
  symbols: 0x2,
  library: 0xc,
  weakLibrary: 0x80000018,
  segment: 0x19,
  runPath: 0x8000001c,
  signature: 0x1d,
  oldestMacos: 0x24,
  build: 0x32,
};
const symbolBits = { debug: 0xe0, privateExternal: 0x10, type: 0x0e, external: 0x01 };
const signatureMagic = { all: 0xfade0cc0, directory: 0xfade0c02 };
const sha256 = 2;

/**
 * Reads a library of 64 bits: `needed` libraries, `exports` and `imports` without their underscores, the oldest system that it
 * runs on, and its signature: null if there is none, otherwise how many of its `pages` have the digest that it names.
 */
export function readMachO(buffer) {
  const file = new Bytes(buffer, "little");
  if (buffer.length < 32 || file.u32(0) !== 0xfeedfacf) throw new Error("not a Mach-O file of 64 bits");
  const commands = readCommands(file);
  const find = (...kinds) => commands.filter(({ kind }) => kinds.includes(kind));
  const [build] = [
    ...find(command.build).map(({ at }) => at + 12),
    ...find(command.oldestMacos).map(({ at }) => at + 8),
  ];
  const symbols = find(command.symbols).flatMap(({ at }) => readSymbols(file, at));
  const [signature] = find(command.signature);
  return {
    arch: machines.get(file.u32(4)) ?? `machine 0x${file.u32(4).toString(16)}`,
    needed: find(command.library, command.weakLibrary).map(({ at }) => file.text(at + file.u32(at + 8))),
    exports: symbols.filter(({ defined }) => defined).map(({ name }) => name),
    imports: symbols.filter(({ defined }) => !defined).map(({ name }) => name),
    oldestMacos: build === undefined ? null : version(file.u32(build)),
    runPath: find(command.runPath).length > 0,
    writableCode: find(command.segment).some(({ at }) => (file.u32(at + 60) & 6) === 6),
    signature: signature ? readSignature(buffer, file.u32(signature.at + 8)) : null,
  };
}

function readCommands(file) {
  const commands = [];
  for (let i = 0, at = 32; i < file.u32(16); i++, at += file.u32(at + 4)) commands.push({ kind: file.u32(at), at });
  return commands;
}

/** 11.0 for 0x000b0000. */
function version(packed) {
  return `${packed >>> 16}.${(packed >>> 8) & 0xff}`;
}

/** External symbols of the symbol table. */
function readSymbols(file, at) {
  const [start, count, strings] = [file.u32(at + 8), file.u32(at + 12), file.u32(at + 16)];
  return Array.from({ length: count }, (_, i) => {
    const entry = start + 16 * i;
    const bits = file.u8(entry + 4);
    return {
      name: file.text(strings + file.u32(entry)).replace(/^_/, ""),
      external: (bits & symbolBits.external) !== 0 && (bits & (symbolBits.debug | symbolBits.privateExternal)) === 0,
      defined: (bits & symbolBits.type) !== 0,
    };
  }).filter(({ external }) => external);
}

/** Without a developer's certificate a signature is a digest of every page, and macOS on arm64 loads nothing that lacks it. */
function readSignature(buffer, start) {
  const big = new Bytes(buffer, "big");
  if (big.u32(start) !== signatureMagic.all) throw new Error("the code signature is no signature");
  for (let i = 0; i < big.u32(start + 8); i++) {
    const at = start + big.u32(start + 16 + 8 * i);
    if (big.u32(at) === signatureMagic.directory) return checkPages(big, buffer, at, start);
  }
  throw new Error("the code signature has no directory of pages");
}

/** All that lies before the signature must have a digest. */
function checkPages(big, buffer, at, end) {
  if (big.u8(at + 37) !== sha256) throw new Error("the code signature's digests are not SHA-256");
  const [digests, listed] = [at + big.u32(at + 16), big.u32(at + 28)];
  const pageSize = 2 ** big.u8(at + 39);
  const pages = Math.ceil(end / pageSize);
  let right = 0;
  for (let page = 0; page < Math.min(pages, listed); page++) {
    const bytes = buffer.subarray(page * pageSize, Math.min(end, (page + 1) * pageSize));
    const digest = createHash("sha256").update(bytes).digest();
    if (digest.equals(buffer.subarray(digests + 32 * page, digests + 32 * page + 32))) right++;
  }
  return { pages, right };
}
