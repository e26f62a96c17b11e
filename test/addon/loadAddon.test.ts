import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { inChild, root } from "./child.js";

const place = mkdtempSync(join(tmpdir(), "ostinato-load-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** The error of a process that finds these files in prebuilds. */
function errorWith(files: string[]) {
  const folder = mkdtempSync(join(place, "prebuilds-"));
  const binaries = join(folder, "prebuilds", `${process.platform}-${process.arch}`);
  mkdirSync(binaries, { recursive: true });
  for (const file of files) writeFileSync(join(binaries, file), "no binary");
  return inChild(`
    process.env.OSTINATO_PREBUILD = ${JSON.stringify(folder)};
    const { loadAddon } = await import("./dist/executor/loadAddon.js");
    try { loadAddon() } catch ({ code, message }) { console.log(code, message) }
  `).stdout;
}

test("a file that is no binary is named, and what to do", () => {
  expect(errorWith(["ostinato.node"])).toMatch(
    /^ERR_OSTINATO_ADDON The native binary \S+[/\\]ostinato\.node cannot be loaded: \S.* Build one from source with /,
  );
});

test("a platform without a binary is named", () => {
  expect(errorWith([])).toContain(`There is no native binary for ${process.platform}-${process.arch}`);
  expect(errorWith([])).toContain("ostinato/reference");
});

test.each([
  ["beside another package", '{ "name": "somebodys-app", "type": "module" }'],
  ["beside none", null],
])("a bundled copy %s says that it was bundled, and what to do", (_, packageJson) => {
  const folder = mkdtempSync(join(place, "bundle-"));
  mkdirSync(join(folder, "out/executor"), { recursive: true });
  cpSync(join(root, "dist/executor/loadAddon.js"), join(folder, "out/executor/loadAddon.js"));
  for (const file of ["errors.js", "visible.js"]) cpSync(join(root, "dist", file), join(folder, "out", file));
  if (packageJson !== null) writeFileSync(join(folder, "package.json"), packageJson);
  writeFileSync(join(folder, "out/package.json"), '{ "type": "module" }');
  const { stdout } = inChild(`
    const { loadAddon } = await import(${JSON.stringify(join(folder, "out/executor/loadAddon.js"))});
    try { loadAddon() } catch ({ code, message }) { console.log(code, message) }
  `);
  expect(stdout).toMatch(/^ERR_OSTINATO_ADDON Ostinato was bundled, .*--external:ostinato.*serverExternalPackages/);
});

test("without a binary and without the module of WebAssembly the reference computes, and says what is missing", () => {
  const folder = mkdtempSync(join(place, "bare-"));
  cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const { stdout } = inChild(`
    delete process.env.OSTINATO_PREBUILD;
    const { defaultExecutor, executorOf } = await import(${JSON.stringify(join(folder, "dist/executor/choice.js"))});
    const { executor, problem } = defaultExecutor();
    console.log(executor.name, problem.code, problem.message);
    try { executorOf("wasm") } catch ({ code, message }) { console.log(code, message) }
  `);
  const [used, wasm] = stdout.trim().split("\n");
  expect(used).toMatch(/^reference float32 ERR_OSTINATO_ADDON There is no native binary for /);
  expect(wasm).toMatch(
    /^ERR_OSTINATO_ADDON There is no \S+ostinato\.wasm: the published package has it, and "npm run build:wasm" makes it/,
  );
});
