import type { FileHandle } from "node:fs/promises";
import { counted, FileError, quote } from "../../errors.js";
import { readPart } from "../binaryFile.js";

/** A file in a zip archive, as it lies there: without compression. */
export interface ZipEntry {
  readonly name: string;
  /** Where its bytes begin in the archive. */
  readonly start: number;
  readonly length: number;
}

/** Bytes of the directory at most: a hundred thousand entries have some megabytes. */
const largestDirectory = 100_000_000;

const endSize = 22;
const end64Size = 56;
const locator64Size = 20;
const entrySize = 46;
const localSize = 30;

/** A size or place in 32 bits that says that the true one stands in 64 bits elsewhere. */
const elsewhere = 0xffff_ffff;

/** Part of an archive that is read: the file itself for messages, and its size. */
export interface OpenArchive {
  readonly file: string;
  readonly handle: FileHandle;
  readonly size: number;
}

/**
 * The entries of a zip archive by their names (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3), every place and size compared with
 * the file's own size. Compressed or encrypted entries are refused when they are opened: see `openEntry`.
 * @throws FileError if the archive is damaged.
 */
export async function readZipDirectory(archive: OpenArchive): Promise<Map<string, DirectoryEntry>> {
  const { file } = archive;
  const { count, length, start } = await readEnd(archive);
  const directory = Buffer.from(await part(archive, start, length));
  const entries = new Map<string, DirectoryEntry>();
  let place = 0;
  for (let i = 0; i < count; i++) {
    if (place + entrySize > length || directory.readUInt32LE(place) !== 0x0201_4b50) {
      throw damagedZip(file, `entry ${i + 1} of its directory is none`);
    }
    const nameLength = directory.readUInt16LE(place + 28);
    const extraLength = directory.readUInt16LE(place + 30);
    const next = place + entrySize + nameLength + extraLength + directory.readUInt16LE(place + 32);
    if (next > length) throw damagedZip(file, `entry ${i + 1} of its directory is cut off`);
    const name = directory.toString("utf8", place + entrySize, place + entrySize + nameLength);
    if (entries.has(name)) throw damagedZip(file, `its directory has ${quote(name)} twice`);
    const extra = directory.subarray(place + entrySize + nameLength, place + entrySize + nameLength + extraLength);
    const [whole, packed, header] = [24, 20, 42].map((offset) => directory.readUInt32LE(place + offset));
    const sizes = withExtra({ whole, packed, header } as DirectorySizes, extra);
    const isStored = directory.readUInt16LE(place + 10) === 0 && sizes.whole === sizes.packed;
    const isEncrypted = (directory.readUInt16LE(place + 8) & 1) === 1;
    entries.set(name, { name, length: sizes.whole, header: sizes.header, isReadable: isStored && !isEncrypted });
    place = next;
  }
  return entries;
}

/** An entry as the directory describes it. */
export interface DirectoryEntry {
  readonly name: string;
  readonly length: number;
  /** Where its own header begins. */
  readonly header: number;
  readonly isReadable: boolean;
}

interface DirectorySizes {
  readonly whole: number;
  readonly packed: number;
  readonly header: number;
}

/** An entry's bytes in the archive. @throws FileError for one that is compressed, or does not lie in the file. */
export async function openEntry(archive: OpenArchive, entry: DirectoryEntry): Promise<ZipEntry> {
  const { file, size } = archive;
  const { name, header, length, isReadable } = entry;
  if (!isReadable) {
    throw new FileError(
      `${file}: ${quote(name)} is compressed or encrypted, and PyTorch stores its files as they are. Save it again with torch.save.`,
    );
  }
  if (header + localSize > size) throw damagedZip(file, `${quote(name)} begins at byte ${header}, past its end`);
  const local = Buffer.from(await part(archive, header, localSize));
  if (local.readUInt32LE(0) !== 0x0403_4b50) throw damagedZip(file, `there is no ${quote(name)} at byte ${header}`);
  const start = header + localSize + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (start + length > size) {
    throw damagedZip(file, `${quote(name)} has ${length} bytes from byte ${start} on, and the file ${size}`);
  }
  return { name, start, length };
}

/** The last record of an archive, or the 64-bit one before it: how many entries there are, and where. */
async function readEnd(archive: OpenArchive): Promise<{ count: number; length: number; start: number }> {
  const { file, size } = archive;
  const tailStart = Math.max(0, size - endSize - 0xffff);
  const tail = Buffer.from(await part(archive, tailStart, size - tailStart));
  let place = tail.length - endSize;
  while (place >= 0 && !(tail.readUInt32LE(place) === 0x0605_4b50 && endsThere(tail, place))) place--;
  if (place < 0) throw damagedZip(file, "it is cut off: it has no directory at its end");
  let [count, length, start] = [
    tail.readUInt16LE(place + 10),
    tail.readUInt32LE(place + 12),
    tail.readUInt32LE(place + 16),
  ];
  const locator = place - locator64Size;
  if (locator >= 0 && tail.readUInt32LE(locator) === 0x0706_4b50) {
    const at = Number(tail.readBigUInt64LE(locator + 8));
    if (at + end64Size > size) throw damagedZip(file, `its directory's end is at byte ${at}, past its own`);
    const end64 = Buffer.from(await part(archive, at, end64Size));
    if (end64.readUInt32LE(0) !== 0x0606_4b50) throw damagedZip(file, `there is no end of a directory at byte ${at}`);
    [count, length, start] = [32, 40, 48].map((offset) => Number(end64.readBigUInt64LE(offset))) as [
      number,
      number,
      number,
    ];
  }
  if (length > largestDirectory || start + length > size) {
    throw damagedZip(file, `its directory has ${length} bytes from byte ${start} on, and the file ${size}`);
  }
  if (count * entrySize > length) {
    throw damagedZip(
      file,
      `its directory of ${length} bytes promises ${counted(count, "entry").replace("entrys", "entries")}`,
    );
  }
  return { count, length, start };
}

/** Whether a last record and its comment end where the file does. */
function endsThere(tail: Buffer, place: number): boolean {
  return place + endSize + tail.readUInt16LE(place + 20) === tail.length;
}

/** Sizes and place with those of 64 bits, which stand in the extra field 1 in this order where the others do not fit. */
function withExtra(sizes: DirectorySizes, extra: Buffer): DirectorySizes {
  const long: bigint[] = [];
  for (let place = 0; place + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(place + 2);
    if (extra.readUInt16LE(place) === 1) {
      for (let i = place + 4; i + 8 <= Math.min(place + 4 + length, extra.length); i += 8) {
        long.push(extra.readBigUInt64LE(i));
      }
    }
    place += 4 + length;
  }
  const [whole, packed, header] = [sizes.whole, sizes.packed, sizes.header].map((size) =>
    size === elsewhere && long.length > 0 ? Number(long.shift()) : size,
  );
  return { whole, packed, header } as DirectorySizes;
}

function part({ handle, file }: OpenArchive, start: number, length: number): Promise<ArrayBuffer> {
  return readPart(handle, { file, start, length, cutOff: (what) => damagedZip(file, what) });
}

function damagedZip(file: string, what: string): FileError {
  return new FileError(`${file} is damaged: ${what}. Copy it again from where it came.`);
}
