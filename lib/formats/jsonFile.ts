import { createHash } from "node:crypto";
import { describe, FileError } from "../errors.js";
import type { Rule } from "../options.js";
import { misfitOf } from "../options.js";
import { openPlainFile, readingError } from "../plainFile.js";
import { writeFileAtomically } from "./atomicFile.js";
import { parseJson } from "./json.js";

/** Bytes of a JSON file at most: the largest tokenizer.json in use have about 35 million. */
const largestFile = 2 ** 26;

/** Writes JSON for people and programs to read, atomically. */
export async function writeJsonFile(file: string, value: unknown): Promise<void> {
  await writeFileAtomically(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Reads a JSON file and checks it against its shape: see shapes.ts.
 * @param options.formatVersion the only one that is read: files of another version need not have the shape.
 * @throws FileError if it is missing, no plain file, not JSON, too large, of another version, or of another shape; it names the
 *   part that does not fit.
 */
export async function readJsonFile<T>(
  file: string,
  shape: Rule<T>,
  { formatVersion }: { formatVersion?: number } = {},
): Promise<T> {
  const handle = await openPlainFile(file);
  try {
    const { size } = await handle.stat();
    if (size > largestFile) {
      throw new FileError(
        `${file} has ${size} bytes, and such a file has at most ${largestFile}: it is something else.`,
      );
    }
    const bytes = await handle.readFile().catch((cause: unknown) => {
      throw readingError(file, cause);
    });
    const value = parseJson(bytes, file);
    if (formatVersion !== undefined) expectVersion(file, value, formatVersion);
    expectShape(file, value, shape);
    return value as T;
  } finally {
    await handle.close();
  }
}

function expectVersion(file: string, value: unknown, expected: number): void {
  const { formatVersion = expected } = (value ?? {}) as { formatVersion?: unknown };
  if (formatVersion === expected) return;
  throw new FileError(
    `${file} has format version ${describe(formatVersion)}, and this Ostinato reads version ${expected}. Update Ostinato.`,
  );
}

/** @param where the file, and the place in it where the value stands. @throws FileError that names the part that does not fit. */
export function expectShape<T>(where: string, value: unknown, shape: Rule<T>): asserts value is T {
  const misfit = misfitOf(value, shape);
  if (!misfit) return;
  const path = misfit.path.replace(/^\./, "");
  const got = misfit.value === undefined ? "and it is missing" : `got ${describe(misfit.value)}`;
  throw new FileError(
    `${where}: ${path === "" ? "" : `${path}: `}expected ${misfit.expected}, ${got}. ` +
      "The file is damaged, or not what its name says; copy it again from where it came.",
  );
}

/** SHA-256 of a value's JSON. White space in the file does not matter, every value does. */
export function jsonDigest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
