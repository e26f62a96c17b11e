import { Command } from "commander";
import { expect, test, vi } from "vitest";
import { inFlags } from "../../lib/cli/flagWords.js";
import { withOptions } from "../../lib/cli/options.js";
import { optional, table, text, whole } from "../../lib/options.js";

// The texts of options come from the built program.
vi.mock("../../lib/cli/optionDocs.js", async (original) => ({ ...(await original()), docOf: () => ({ text: "" }) }));

test("a flag that two rules would read is refused, whichever command has it", () => {
  const command = withOptions(new Command("do"), table("sizes", { size: whole() }));
  const others = table("other sizes", { size: text() });
  expect(() => withOptions(command, others)).toThrow("do: two options of different rules have the flag --size.");
  expect(withOptions(new Command("do"), others).parse(["--size", "a"], { from: "user" }).opts()).toEqual({ size: "a" });
});

test("a size that a message is about is --vocabulary where the command has it; an option without a flag is a word like others", () => {
  const command = withOptions(new Command("do"), table("words", { vocabulary: optional(whole()) }));
  const said = (message: string, ...about: string[]) => inFlags(message, command, about);
  expect(said("WordTokenizer: expected maximumSize to be 5.", "maximumSize")).toBe("expected --vocabulary to be 5.");
  expect(said("A size of 5 leaves no room: raise size.", "size")).toBe(
    "A --vocabulary of 5 leaves no room: raise --vocabulary.",
  );
  const folder = "Trainer: expected folder to be a text that is not empty.";
  expect(said(folder, "folder")).toBe(folder);
  expect(inFlags("expected size to be 5.", new Command("do"), ["size"])).toBe("expected size to be 5.");
});
