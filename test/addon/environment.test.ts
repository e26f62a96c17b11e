import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "./child.js";

function node(args: readonly string[], environment: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...environment },
    timeout: 60_000,
  });
  return { status, text: stdout + stderr };
}

const script = `
import { nativeExecutor, nativeInfo, OptionError } from "./dist/index.js";
for (const use of [nativeExecutor, nativeInfo, nativeExecutor]) {
  try { use(); console.log("used"); } catch (error) { console.log(error instanceof OptionError, error.message); }
}`;

for (const [variable, value, expected] of [
  ["OSTINATO_NUM_THREADS", "abc", "a whole number from 1 to 256"],
  ["OSTINATO_NUM_THREADS", "", "a whole number from 1 to 256"],
  ["OSTINATO_NUM_THREADS", "100000", "a whole number from 1 to 256"],
  ["OSTINATO_GEMM", "foo", "auto"],
  ["OSTINATO_KERNELS", "foo", "portable"],
] as const) {
  test(`${variable}=${JSON.stringify(value)} is refused by whoever computes, with the values that are possible`, () => {
    const message = `The environment's ${variable} is ${JSON.stringify(value)}: expected `;
    const library = node(["--input-type=module", "-e", script], { [variable]: value });
    expect(library.status).toBe(0);
    const lines = library.text.trim().split("\n");
    expect(lines.length).toBe(3);
    for (const line of lines) {
      expect(line.startsWith(`true ${message}`)).toBe(true);
      expect(line).toContain(expected);
    }
    const info = node(["dist/packed/main.js", "info"], { [variable]: value });
    expect(info.status).toBe(2);
    expect(info.text).toContain(message);
  });
}

test("what the environment may say is what computes", () => {
  const json = (environment: Record<string, string>) =>
    JSON.parse(node(["dist/packed/main.js", "info", "--json"], environment).text).native;
  expect(json({ OSTINATO_NUM_THREADS: "3" }).threads).toBe(3);
  expect(json({ OSTINATO_KERNELS: "portable" }).kernels).toMatchObject({
    chosen: "portable",
    reason: "OSTINATO_KERNELS",
  });
  expect(json({ OSTINATO_GEMM: "own" }).gemm.provider).toBe("own");
});
