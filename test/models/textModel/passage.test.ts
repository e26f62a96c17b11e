import { expect, test } from "vitest";
import { Passage } from "../../../lib/models/textModel/passage.js";

/** A decoder whose tokens are pieces of text, the last of which comes with the end. */
function passage(pieces: readonly string[], { stop, last = "" }: { stop: string[]; last?: string }): Passage {
  return new Passage({ push: (token) => pieces[token] as string, end: () => last }, { end: 9, stop });
}

test("of several stops in one piece the earliest counts, whatever their order", () => {
  for (const stop of [
    ["c", "e", "b"],
    ["b", "c", "e"],
    ["e", "b", "c"],
  ]) {
    const own = passage(["a", "bcde"], { stop });
    expect([own.push(0), own.ended]).toEqual(["a", false]);
    expect([own.push(1), own.ended]).toEqual(["", true]);
    expect(own.finish()).toBe("");
  }
});

test("a stop that only the end of the decoder completes is not written, nor what comes after it", () => {
  const own = passage(["ab"], { stop: ["bc"], last: "cd" });
  expect(own.push(0)).toBe("a");
  expect([own.push(9), own.ended]).toEqual(["", true]);
  const free = passage(["ab"], { stop: ["bc"], last: "d" });
  expect([free.push(0), free.push(9), free.ended]).toEqual(["a", "bd", true]);
});

test("text that no stop begins with is written at once, and a text ends once", () => {
  const own = passage(["ab", "cx"], { stop: ["xyz", "y"], last: "d" });
  expect([own.push(0), own.push(1)]).toEqual(["ab", "c"]);
  expect([own.push(9), own.finish(), own.push(9)]).toEqual(["xd", "", ""]);
  const free = passage(["ab"], { stop: [], last: "d" });
  expect([free.push(0), free.ended, free.push(9), free.finish(), free.ended]).toEqual(["ab", false, "d", "", true]);
});
