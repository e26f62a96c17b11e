import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "ostinato-package-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

function run(command: string, args: string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", timeout: 240_000, ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
  return stdout;
}

/** The folder as it would be published: what `files` lists, with the prebuilt binary of this platform. */
function tarball(): string {
  const stage = join(place, "stage");
  mkdirSync(stage);
  for (const entry of [
    "package.json",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CMakeLists.txt",
    "binding.gyp",
    "dist",
    "native",
    "scripts",
  ]) {
    cpSync(join(root, entry), join(stage, entry), { recursive: true });
  }
  // The addon is built already: prebuildify strips it, and puts it in the place of its platform.
  mkdirSync(join(stage, "build/Release"), { recursive: true });
  cpSync(join(root, "build/Release/ostinato.node"), join(stage, "build/Release/ostinato.node"));
  symlinkSync(join(root, "node_modules"), join(stage, "node_modules"));
  const prebuildify = join(root, "node_modules/.bin/prebuildify");
  run(prebuildify, ["--napi", "--strip", "--target", "20.17.0", "--node-gyp", "true"], { cwd: stage });
  const [file] = run("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", place], { cwd: stage })
    .trim()
    .split("\n");
  return join(place, file as string);
}

/** A PATH with Node and a shell, and no compiler, make or CMake. */
function barePath(): string {
  const bin = join(place, "bin");
  mkdirSync(bin);
  for (const tool of ["sh", "env", "uname", "dirname", "basename", "sed", "cat", "tar", "gzip", "rm", "mkdir"]) {
    const found = ["/bin", "/usr/bin"].map((folder) => join(folder, tool)).find(existsSync);
    if (found) symlinkSync(found, join(bin, tool));
  }
  symlinkSync(process.execPath, join(bin, "node"));
  return bin;
}

test("the packed tarball installs where there is no compiler, trains and generates", () => {
  const file = tarball();
  // Where a package has one, yarn 1 runs node-gyp, which needs a compiler.
  expect(run("tar", ["tzf", file], { cwd: place })).not.toContain("binding.gyp");
  const app = join(place, "app");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  const npm = join(dirname(process.execPath), "npm");
  run(existsSync(npm) ? npm : "npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", file], { cwd: app });
  const installed = join(app, "node_modules/ostinato");
  expect(readdirSync(installed)).toContain("prebuilds");
  expect(existsSync(join(installed, "build"))).toBe(false);
  const env = { ...process.env, PATH: barePath() };
  expect(spawnSync("sh", ["-c", "c++ --version || cc --version || cmake --version"], { env }).status).not.toBe(0);

  writeFileSync(join(app, "book.txt"), "a rose is a rose is a rose.\n".repeat(200));
  const cli = join(app, "node_modules/.bin/ostinato");
  run(
    cli,
    [
      "train",
      "lm",
      "book.txt",
      "--out",
      "rose",
      "--hidden-size",
      "24",
      "--batch-size",
      "4",
      "--window-length",
      "16",
      "--epochs",
      "4",
      "--quiet",
    ],
    { cwd: app, env },
  );
  expect(
    run(cli, ["generate", "rose", "--prompt", "a rose", "--temperature", "0", "--maximum-length", "20"], {
      cwd: app,
      env,
    }),
  ).toContain("is a rose");

  expect(run(cli, ["demo", "--maximum-steps", "2"], { cwd: app, env })).toContain("ostinato-demo/report.html");

  writeFileSync(
    join(app, "use.mjs"),
    `import { LanguageModel, nativeExecutor } from "ostinato";
     import { ReferenceExecutor } from "ostinato/reference";
     for (const executor of [nativeExecutor(), new ReferenceExecutor()]) {
       const model = await LanguageModel.load("rose", { executor });
       console.log((await model.evaluate("a rose is a rose is a rose.")).loss.toFixed(3));
     }`,
  );
  const [native, reference] = run("node", ["use.mjs"], { cwd: app, env }).trim().split("\n");
  expect(native).toBe(reference);
});

test("the package loads by require where Node can", () => {
  if (!process.features || !("require_module" in process.features) || !process.features.require_module) return;
  const script = 'const { LanguageModel } = require("ostinato"); console.log(typeof LanguageModel.create)';
  expect(run(process.execPath, ["-e", script], { cwd: root })).toBe("function\n");
});

test("nothing runs at install, and the tarball is small", () => {
  const { scripts, gypfile } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
    gypfile: boolean;
  };
  expect(gypfile).toBe(false);
  for (const name of ["preinstall", "install", "postinstall", "prepare"]) expect(scripts).not.toHaveProperty(name);
  const listed = run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root });
  const [{ unpackedSize, files }] = JSON.parse(listed) as [{ unpackedSize: number; files: { path: string }[] }];
  expect(unpackedSize).toBeLessThan(12e6);
  for (const { path } of files) expect(path).not.toMatch(/^(test|bench|lib|recipes)\//);
});
