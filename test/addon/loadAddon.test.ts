import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { inChild, root } from "./child.js";

const place = mkdtempSync(join(tmpdir(), "ostinato-load-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** The error of a process that finds these files in prebuilds; `libc` is that of its system. */
function errorWith(files: string[], libc: string) {
  const folder = mkdtempSync(join(place, "prebuilds-"));
  const binaries = join(folder, "prebuilds", `${process.platform}-${process.arch}`);
  mkdirSync(binaries, { recursive: true });
  for (const file of files) writeFileSync(join(binaries, file), "no binary");
  return inChild(`
    import { createRequire } from "node:module";
    const require = createRequire(${JSON.stringify(join(root, "package.json"))});
    require("detect-libc").familySync = () => ${JSON.stringify(libc)};
    process.env.OSTINATO_PREBUILD = ${JSON.stringify(folder)};
    const { loadAddon } = await import("./dist/executor/loadAddon.js");
    try { loadAddon() } catch ({ code, message }) { console.log(code, message) }
  `).stdout;
}

test.runIf(process.platform === "linux")("a Linux with musl takes musl's binary, also where it is not Alpine", () => {
  const both = ["ostinato.glibc.node", "ostinato.musl.node"];
  expect(errorWith(both, "glibc")).toMatch(
    /^ERR_OSTINATO_ADDON The native binary \S+\/ostinato\.glibc\.node cannot be loaded: \S.* Build one from source with /,
  );
  expect(errorWith(both, "musl")).toMatch(/^ERR_OSTINATO_ADDON The native binary \S+\/ostinato\.musl\.node cannot be/);
});

test("a platform without a binary is named", () => {
  expect(errorWith([], "glibc")).toContain(`There is no native binary for ${process.platform}-${process.arch}`);
  expect(errorWith([], "glibc")).toContain("ostinato/reference");
});

test("a bundled copy says that it was bundled, and what to do", () => {
  const folder = mkdtempSync(join(place, "bundle-"));
  mkdirSync(join(folder, "out/executor"), { recursive: true });
  cpSync(join(root, "dist/executor/loadAddon.js"), join(folder, "out/executor/loadAddon.js"));
  for (const file of ["errors.js", "visible.js"]) cpSync(join(root, "dist", file), join(folder, "out", file));
  writeFileSync(join(folder, "package.json"), '{ "name": "somebodys-app", "type": "module" }');
  const { stdout } = inChild(`
    const { loadAddon } = await import(${JSON.stringify(join(folder, "out/executor/loadAddon.js"))});
    try { loadAddon() } catch ({ code, message }) { console.log(code, message) }
  `);
  expect(stdout).toMatch(/^ERR_OSTINATO_ADDON Ostinato was bundled, .*--external:ostinato.*serverExternalPackages/);
});
