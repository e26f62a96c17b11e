import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { FileError } from "../errors.js";
import { writeFileAtomically } from "./atomicFile.js";

/** Writes JSON for people and programs to read, atomically. */
export async function writeJsonFile(file: string, value: unknown): Promise<void> {
  await writeFileAtomically(file, `${JSON.stringify(value, null, 2)}\n`);
}

/** @throws FileError if the file is missing or is not JSON. */
export async function readJsonFile(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") throw new FileError(`There is no file ${file}.`, cause);
    throw new FileError(`Could not read ${file}: ${cause.message}`, cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FileError(
      `${file} is cut off or damaged: it is not JSON (${(cause as Error).message}). Copy it again from where it came.`,
      cause,
    );
  }
}

/** SHA-256 of a value's JSON. Blanks and line ends in the file do not matter, every value does. */
export function jsonDigest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
