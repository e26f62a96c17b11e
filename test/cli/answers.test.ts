import { expect, test } from "vitest";
import { answerLines } from "../../lib/cli/answers.js";
import { InputError } from "../../lib/errors.js";

/** The answers to lines in capitals, and the error that ends them. @param fails the error of a group; of a line, where it can be read. */
async function answered(lines: readonly string[], fails: (line: string) => Error | null, readable = false) {
  const written: [string, string | null, number][] = [];
  const expectSound = (line: string) => {
    const error = fails(line);
    if (error) throw error;
  };
  const error = await answerLines({ owner: "shout", purpose: "say" }, lines, {
    batchSize: 1,
    signal: new AbortController().signal,
    answer: async (group) => {
      group.forEach(expectSound);
      return group.map((line) => line.toUpperCase());
    },
    read: (line) => readable || expectSound(line),
    write: (line, answer, number) => void written.push([line, answer, number]),
  }).then(
    () => null,
    (thrown: Error) => thrown,
  );
  return { written, error };
}

test("lines before one that cannot be read are answered, blank ones too, and the error has its number", async () => {
  const bad = (line: string) => (line === "bad" ? new InputError("it is bad.") : null);
  const { written, error } = await answered(["a", " ", "b", "bad", "c"], bad);
  expect(written).toEqual([
    ["a", "A", 1],
    [" ", null, 2],
    ["b", "B", 3],
  ]);
  expect(error?.message).toBe("shout: line 4: it is bad.");
  expect(error).toBeInstanceOf(InputError);
  expect((await answered(["a", " "], bad)).error).toBeNull();
});

test("an error that is of no line alone stays as it is", async () => {
  const overflow = new InputError("the numbers overflow.");
  const all = await answered(["a", " ", "b"], (line) => (line === "b" ? overflow : null), true);
  expect(all).toEqual({ written: [], error: overflow });
  const fault = new TypeError("a fault");
  expect(await answered(["a", "b"], (line) => (line === "b" ? fault : null))).toEqual({ written: [], error: fault });
});
