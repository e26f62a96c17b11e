import { expect, test } from "vitest";
import { FileError } from "../../lib/errors.js";
import { parseJson } from "../../lib/formats/json.js";

test("JSON is read down to 64 levels, and refused below them", () => {
  const nested = (levels: number) => Buffer.from(`${"[".repeat(levels)}${"]".repeat(levels)}`);
  expect(JSON.stringify(parseJson(nested(64), "a.json"))).toHaveLength(128);
  expect(() => parseJson(nested(65), "a.json")).toThrow(FileError);
  expect(() => parseJson(nested(65), "a.json")).toThrow("nested more than 64 levels deep");
});
