import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

type Target = { name: string; platform: string; arch: string };
type Import = { name: string; library?: string };
type Elf = { needed: string[]; versions: string[]; versionsOf: string[]; imports: Import[]; exports: string[] };
const script = (name: string): string => join(root, "scripts/prebuild", name);
const { complaints }: { complaints: (bytes: Buffer, target: Target) => string[] } = await import(script("inspect.mjs"));
const { targets, chosenTargets }: { targets: Target[]; chosenTargets: (names: string[]) => Target[] } = await import(
  script("targets.mjs")
);
type WithoutLibraries = (bytes: Buffer, library: string, alsoThere: RegExp) => Buffer;
const { readElf, withoutLibraries }: { readElf: (bytes: Buffer) => Elf; withoutLibraries: WithoutLibraries } =
  await import(script("elf.mjs"));
const {
  forEveryLibc,
  inLibc,
  besideLibc,
}: { forEveryLibc: (bytes: Buffer) => Buffer; inLibc: Set<string>; besideLibc: Set<string> } = await import(
  script("everyLibc.mjs")
);
const target = (name: string) => targets.find((one) => one.name === name) as Target;

/** Binaries of another project, for all platforms, made by other tools than ours. */
function foreign(suffix: string): Buffer | null {
  const file = join(root, `node_modules/tokenizers/tokenizers.${suffix}.node`);
  return existsSync(file) ? readFileSync(file) : null;
}

test("the addon that was built here breaks no rule but those on the C library", (context) => {
  if (process.platform !== "linux") return context.skip("the addon of this platform is built by other tools");
  const faults = complaints(readFileSync(join(root, "build/Release/ostinato.node")), target(`linux-${process.arch}`));
  for (const fault of faults) {
    expect(fault).toMatch(
      /^it (needs (GLIBC_[\d.]+, newer than 2\.28|the library (lib|ld-))|asks for versions of .*, expected libc\.so\.6 alone|calls \w+, which is not known|wants a version of \w+ of l)/,
    );
  }
});

/** Loads the addon of a file in a process of its own. */
function loaded(file: string): string {
  const code = `const addon = { exports: {} }; process.dlopen(addon, ${JSON.stringify(file)}); console.log(typeof addon.exports.Program)`;
  return spawnSync(process.execPath, ["-e", code], { encoding: "utf8" }).stdout.trim();
}

test.runIf(process.platform === "linux")(
  "a binary that names no library finds its functions in the process",
  (context) => {
    const own = join(root, "build/Release/ostinato.node");
    const before = readElf(readFileSync(own));
    if (!before.needed.includes("libc.so.6")) return context.skip("the addon that was built here is one for musl");
    const bytes = forEveryLibc(readFileSync(own));
    const after = readElf(bytes);
    expect(before.versionsOf.length).toBeGreaterThan(1);
    const imports = before.imports.map(({ name, library }) => ({
      name,
      library: library === "libc.so.6" ? library : undefined,
    }));
    expect(after).toEqual({ ...before, needed: [], versionsOf: ["libc.so.6"], imports });
    const place = mkdtempSync(join(tmpdir(), "ostinato-elf-"));
    try {
      writeFileSync(join(place, "ostinato.node"), bytes);
      expect([loaded(own), loaded(join(place, "ostinato.node"))]).toEqual(["function", "function"]);
    } finally {
      rmSync(place, { recursive: true });
    }
  },
);

test("it wants versions of what is in libc.so.6, and any of what is in glibc's other libraries", (context) => {
  const arm = foreign("linux-arm64-gnu");
  if (!arm) return context.skip("the binaries of the package tokenizers are not installed");
  const before = new Map(readElf(arm).imports.map(({ name, library }) => [name, library]));
  const after = new Map(readElf(forEveryLibc(arm)).imports.map(({ name, library }) => [name, library]));
  const names = ["pthread_create", "dlsym", "log", "pthread_self", "malloc"];
  const [pthread, dl, m, c] = ["libpthread.so.0", "libdl.so.2", "libm.so.6", "libc.so.6"];
  expect(names.map((name) => before.get(name))).toEqual([pthread, dl, m, c, c]);
  expect(names.map((name) => after.get(name))).toEqual([undefined, undefined, undefined, c, c]);
  expect([...after.keys()]).toEqual([...before.keys()]);
  const wishes = (bytes: Buffer) => complaints(bytes, target("linux-arm64")).filter((fault) => /^it wants/.test(fault));
  for (const fault of wishes(forEveryLibc(arm))) expect(fault).not.toMatch(/ (pthread_create|dlsym|log|malloc)\b/);
  expect(wishes(withoutLibraries(arm, "libm.so.6", /^$/))).toContain("it wants no version of malloc");
});

test("a binary of musl, which names other libraries, is not made one for both", (context) => {
  const musl = foreign("linux-x64-musl");
  if (!musl) return context.skip("the binaries of the package tokenizers are not installed");
  expect(() => forEveryLibc(musl)).toThrow("it does not need libc.so.6");
});

test("what Linux's binaries may call is in musl, as zig knows it", async (context) => {
  const { folderOf } = (await import(script("packages.mjs"))) as { folderOf: (one: object) => string };
  const { zigPackage } = (await import(script("zig.mjs"))) as { zigPackage: object };
  const file = join(folderOf(zigPackage), "lib/libc/musl/libc.S");
  if (!existsSync(file)) return context.skip("zig has not been fetched");
  const musl = new Set(
    [...readFileSync(file, "utf8").matchAll(/^(?:\.globl|\.weak|WEAK\w*) (\w+)/gm)].map(([, name]) => name),
  );
  expect(musl.size).toBeGreaterThan(1000);
  expect([...inLibc, ...besideLibc].filter((name) => !musl.has(name))).toEqual([]);
});

test("a binary for another processor, system or C library is named as such", (context) => {
  const [arm, musl] = [foreign("linux-arm64-gnu"), foreign("linux-x64-musl")];
  if (!arm || !musl) return context.skip("the binaries of the package tokenizers are not installed");
  expect(complaints(arm, target("linux-x64"))).toContain("it is for arm64, expected x64");
  const faults = complaints(arm, target("linux-arm64"));
  expect(faults).toContain("it needs GLIBC_2.30, newer than 2.28");
  expect(faults).toContain("it needs the library libc.so.6");
  expect(faults).toContainEqual(
    expect.stringMatching(/^it asks for versions of .*libpthread.*, expected libc\.so\.6 alone$/),
  );
  expect(faults).toContain("it calls __xstat64, which is not known to be in both glibc and musl");
  expect(faults).toContain("it wants a version of dlsym of libdl.so.2, which is not known to have it in glibc 2.28");
  expect(complaints(musl, target("linux-x64"))).toContain("it needs the library libc.so");
  expect(complaints(musl, target("linux-x64"))).toContain(
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
  const names = ["darwin-arm64", "win32-x64", "linux-arm64"];
  for (const [i, file] of files.entries()) {
    if (!file) return context.skip("the binaries of the package tokenizers are not installed");
    for (const length of [0, 3, 40, 100, 1000, file.length >> 1]) {
      expect(complaints(file.subarray(0, length), target(names[i] as string))).not.toEqual([]);
    }
  }
});

test("targets are chosen by name or by the beginning of it", () => {
  expect(targets).toHaveLength(6);
  expect(chosenTargets([])).toEqual(targets);
  expect(chosenTargets(["linux", "win32-arm64"]).map(({ name }) => name)).toEqual([
    "linux-x64",
    "linux-arm64",
    "win32-arm64",
  ]);
  expect(() => chosenTargets(["sunos-x64"])).toThrow(
    /There is no target "sunos-x64"\. There are: linux-x64, linux-arm64, /,
  );
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
