import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { root } from "./child.js";

/** The binary that this process loads. */
const binary = (createRequire(import.meta.url)("node-gyp-build") as { path: (folder: string) => string }).path(root);

/** Output of a tool about the binary; null where the system has no such tool. */
function saidBy(tool: string, ...options: string[]): string | null {
  const { status, stdout } = spawnSync(tool, [...options, binary], { encoding: "utf8", maxBuffer: 1e8 });
  return status === 0 ? stdout : null;
}

/** Names in the last column of nm's list. */
function symbols(list: string): string[] {
  return list
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).at(-1)?.replace(/@.*/, "") ?? "");
}

const linux = process.platform === "linux";
const entries = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];

test("the addon exports what Node asks for, and nothing else", (context) => {
  const mac = process.platform === "darwin";
  const list = linux ? saidBy("nm", "-D", "--defined-only") : mac ? saidBy("nm", "-gU") : null;
  if (list === null) return context.skip("there is no nm that reads this binary");
  expect(
    symbols(list)
      .map((name) => (mac ? name.replace(/^_/, "") : name))
      .sort(),
  ).toEqual(entries);
});

test("the addon's stacks have canaries, its copies are checked, and its table of addresses is read-only", (context) => {
  const [imports, dynamic, segments] = linux
    ? [saidBy("nm", "-D", "--undefined-only"), saidBy("readelf", "-dW"), saidBy("readelf", "-lW")]
    : [null, null, null];
  if (imports === null || dynamic === null || segments === null)
    return context.skip("there is no readelf for this binary");
  expect(symbols(imports)).toContain("__stack_chk_fail");
  // musl has none, and binaries for every libc (scripts/prebuild/everyLibc.mjs) name no library.
  if (dynamic.includes("libc.so.6")) expect(symbols(imports).some((name) => name.endsWith("_chk"))).toBe(true);
  expect(dynamic).toMatch(/\(FLAGS_1\).*\bNOW\b/);
  expect(dynamic).not.toMatch(/\((TEXTREL|RPATH|RUNPATH)\)/);
  expect(segments).toMatch(/GNU_RELRO/);
  expect(segments).toMatch(/GNU_STACK.* RW {2}/);
  // Memory is writable or executable, never both.
  expect(segments).not.toMatch(/LOAD.* RWE /);
});
