import { totalmem } from "node:os";
import { afterEach, expect, test, vi } from "vitest";
import { OptionError } from "../../lib/errors.js";
import { expectMemory, memoryLimit } from "../../lib/executor/memory.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("there is as much memory as the machine has, or less where a container allows less", () => {
  const allowed = vi.spyOn(process, "constrainedMemory");
  for (const [bytes, limit] of [
    [0, totalmem()],
    [2 ** 60, totalmem()],
    [5000, 5000],
  ] as const) {
    allowed.mockReturnValue(bytes);
    expect(memoryLimit()).toBe(limit);
  }
  expectMemory(5000, "It", "Take less.");
  expect(() => expectMemory(7_250_000, "It", "Take less.")).toThrow(
    new OptionError("It would need 7.25 MB of memory, and there are 5 kB. Take less."),
  );
});

test("where nobody may ask, or there is nobody to ask, only what numbers can count is too much", () => {
  vi.stubGlobal("process", {
    getBuiltinModule() {
      throw new Error("this needs a permission");
    },
  });
  expect(memoryLimit()).toBe(Number.MAX_SAFE_INTEGER);
  for (const own of [{}, undefined]) {
    vi.stubGlobal("process", own);
    expect(memoryLimit()).toBe(Number.MAX_SAFE_INTEGER);
  }
  vi.unstubAllGlobals();
});
