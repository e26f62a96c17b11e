import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

type Target = { name: string; platform: string; arch: string; libc?: string };
const script = (name: string): string => join(root, "scripts/prebuild", name);
const { complaints }: { complaints: (bytes: Buffer, target: Target) => string[] } = await import(script("inspect.mjs"));
const { targets, chosenTargets }: { targets: Target[]; chosenTargets: (names: string[]) => Target[] } = await import(
  script("targets.mjs")
);
const target = (name: string) => targets.find((one) => one.name === name) as Target;

/** Binaries of another project, for all platforms, made by other tools than ours. */
function foreign(suffix: string): Buffer | null {
  const file = join(root, `node_modules/tokenizers/tokenizers.${suffix}.node`);
  return existsSync(file) ? readFileSync(file) : null;
}

test("the addon that was built here breaks no rule but those on the age of glibc", (context) => {
  if (process.platform !== "linux") return context.skip("the addon of this platform is built by other tools");
  const faults = complaints(
    readFileSync(join(root, "build/Release/ostinato.node")),
    target(`linux-${process.arch}-glibc`),
  );
  for (const fault of faults) expect(fault).toMatch(/^it needs (GLIBC_[\d.]+, newer than 2\.28|libm?\.so)/);
});

test("a binary for another processor, system or C library is named as such", (context) => {
  const [arm, musl] = [foreign("linux-arm64-gnu"), foreign("linux-x64-musl")];
  if (!arm || !musl) return context.skip("the binaries of the package tokenizers are not installed");
  expect(complaints(arm, target("linux-x64-glibc"))).toContain("it is for arm64, expected x64");
  expect(complaints(arm, target("linux-arm64-glibc"))).toContain("it needs GLIBC_2.30, newer than 2.28");
  expect(complaints(musl, target("linux-x64-glibc"))).toContain("it needs the library libc.so");
  expect(complaints(arm, target("linux-arm64-musl"))).toContain("it needs the library libc.so.6");
  expect(complaints(musl, target("linux-x64-musl"))).toContain(
    "it can be unloaded under the threads of its pool: link with -z nodelete",
  );
  expect(complaints(musl, target("darwin-x64"))).toEqual(["it cannot be read: not a Mach-O file of 64 bits"]);
  expect(complaints(musl, target("win32-x64"))).toEqual(["it cannot be read: not a PE file"]);
});

test("macOS: libraries, oldest system, and a byte that was changed after signing", (context) => {
  const [arm, intel] = [foreign("darwin-arm64"), foreign("darwin-x64")];
  if (!arm || !intel) return context.skip("the binaries of the package tokenizers are not installed");
  const faults = [
    "it exports 1 symbols (napi_register_module_v1), expected napi_register_module_v1 and node_api_module_get_api_version_v1",
    "it needs the library /usr/lib/libc++.1.dylib",
    "it needs the library /usr/lib/libiconv.2.dylib",
    "it needs macOS 12.0, newer than 11.0",
  ];
  expect(complaints(arm, target("darwin-arm64"))).toEqual(faults);
  expect(complaints(intel, target("darwin-x64"))).toEqual(faults);
  expect(complaints(intel, target("darwin-arm64"))).toContain("it has no signature: macOS does not load it");
  const changed = Buffer.from(arm);
  changed[200_000] = (changed[200_000] as number) ^ 1;
  expect(complaints(changed, target("darwin-arm64"))).toContainEqual(
    expect.stringMatching(/^its signature is right for (\d+) of \d+ pages: it was changed after it was signed$/),
  );
});

test("Windows: libraries that not every system has, and exports", (context) => {
  const [intel, arm] = [foreign("win32-x64-msvc"), foreign("win32-arm64-msvc")];
  if (!intel || !arm) return context.skip("the binaries of the package tokenizers are not installed");
  expect(complaints(intel, target("win32-x64"))).toContain("it needs the library VCRUNTIME140.dll");
  expect(complaints(intel, target("win32-x64"))).toContainEqual(expect.stringMatching(/^it exports \d+ symbols/));
  expect(complaints(arm, target("win32-x64"))).toContain("it is for arm64, expected x64");
});

test("half a file is a fault and not a crash", (context) => {
  const files = [foreign("darwin-arm64"), foreign("win32-x64-msvc"), foreign("linux-arm64-gnu")];
  const names = ["darwin-arm64", "win32-x64", "linux-arm64-glibc"];
  for (const [i, file] of files.entries()) {
    if (!file) return context.skip("the binaries of the package tokenizers are not installed");
    for (const length of [0, 3, 40, 100, 1000, file.length >> 1]) {
      expect(complaints(file.subarray(0, length), target(names[i] as string))).not.toEqual([]);
    }
  }
});

test("targets are chosen by name or by the beginning of it", () => {
  expect(targets).toHaveLength(8);
  expect(chosenTargets([])).toEqual(targets);
  expect(chosenTargets(["linux-x64", "win32-arm64"]).map(({ name }) => name)).toEqual([
    "linux-x64-glibc",
    "linux-x64-musl",
    "win32-arm64",
  ]);
  expect(() => chosenTargets(["sunos-x64"])).toThrow(/There is no target "sunos-x64"\. There are: linux-x64-glibc, /);
});

test("a package that is not the one that was checked is refused", async () => {
  const { expectIntegrity } = (await import(script("packages.mjs"))) as {
    expectIntegrity: (bytes: Buffer, integrity: string, name: string) => void;
  };
  const digest = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
  expectIntegrity(Buffer.from("abc"), digest, "letters@1.0.0");
  expect(() => expectIntegrity(Buffer.from("abd"), digest, "letters@1.0.0")).toThrow(
    /^letters@1\.0\.0 is not the package that was checked/,
  );
});
