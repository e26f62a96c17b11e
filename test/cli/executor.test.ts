import { expect, test, vi } from "vitest";
import { executorFrom } from "../../lib/cli/executor.js";
import { OstinatoError } from "../../lib/errors.js";

const instead = vi.hoisted(() => ({ name: "wasm", problem: null as Error | null }));
vi.mock("../../lib/executor/choice.js", async (original) => ({
  ...(await original<object>()),
  defaultExecutor: () => ({ executor: { name: instead.name, threads: 3 }, problem: instead.problem }),
}));

test("where there is no binary a note says what computes instead, and a precision that only a binary has is refused", () => {
  const problem = new OstinatoError("There is no binary.", { code: "ERR_OSTINATO_ADDON" });
  const none = { executor: undefined, threads: undefined };
  const chosen = (name: string) => {
    Object.assign(instead, { name, problem });
    let text = "";
    const write = vi.spyOn(process.stderr, "write").mockImplementation((piece) => {
      text += piece;
      return true;
    });
    const executor = executorFrom({ ...none, matmulPrecision: "highest" });
    write.mockRestore();
    return [executor.name, text];
  };
  const lacking = `There is no native binary for ${process.platform}-${process.arch}`;
  expect(chosen("wasm")).toEqual(["wasm", `${lacking}: WebAssembly computes, on 3 threads.\n`]);
  expect(chosen("reference")).toEqual(["reference", `${lacking}: plain JavaScript computes, slowly.\n`]);
  expect(() => executorFrom({ ...none, matmulPrecision: "medium" })).toThrow(problem);
});
