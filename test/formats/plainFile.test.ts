import { expect, test } from "vitest";
import { FileError } from "../../lib/errors.js";
import { readingError } from "../../lib/plainFile.js";

test.each([
  ["ENOENT", "There is no file a/b."],
  ["ENOTDIR", "There is no file a/b."],
  ["EACCES", "No permission to read a/b."],
  ["EPERM", "No permission to read a/b."],
  ["ENXIO", "a/b is not a plain file."],
  ["EISDIR", "a/b is not a plain file."],
  ["EIO", "Could not read a/b: EIO: of the system"],
])("%s of the system is said in words, and kept as the cause", (code, message) => {
  const cause = Object.assign(new Error(`${code}: of the system`), { code });
  const error = readingError("a/b", cause);
  expect(error).toBeInstanceOf(FileError);
  expect(error).toMatchObject({ message, cause });
});
