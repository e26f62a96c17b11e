// `npm run release -- VERSION [--dry-run] [--checked]`: everything up to publishing, in one command. The changelog's Unreleased becomes the
// version, all binaries are made, inspected and run, the package is checked, packed into release/, committed and tagged.
//   --dry-run  does all of it, then puts the files back and makes neither commit nor tag
//   --checked  leaves .ci/run out, which takes an hour: for a commit that has passed it
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { changelogOfRelease, expectNewVersion, withVersion } from "./release/version.mjs";

const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/** Steps that must succeed before a version is one, in this order. */
const projectSteps = [
  { name: "checks", command: ["bash", ".ci/run"], env: { CI: "true" }, slow: true },
  { name: "JavaScript", command: ["npm", "run", "--silent", "build:ts"] },
  { name: "binaries", command: ["node", "scripts/prebuild-all.mjs"] },
  { name: "WebAssembly", command: ["node", "scripts/build-wasm.mjs"] },
  { name: "binaries run", command: ["node", "scripts/prebuild-test.mjs"] },
  { name: "package", command: ["node", "scripts/package-test.mjs"] },
];

/** Returns the path of the tarball. `root` and `steps` are for tests. */
export function release({ version, date, dryRun = false, checked = false, root = projectRoot, steps = projectSteps }) {
  const read = (file) => readFileSync(join(root, file), "utf8");
  const before = JSON.parse(read("package.json")).version;
  expectNewVersion(version, before);
  expectCleanTree(root, version);
  const files = ["package.json", "package-lock.json", "README.md", "CHANGELOG.md"];
  const old = new Map(files.map((file) => [file, read(file)]));
  const write = (texts) => {
    for (const [file, text] of texts) writeFileSync(join(root, file), text);
  };
  const changed = new Map([...old].map(([file, text]) => [file, withVersion(file, text, before, version)]));
  changed.set("CHANGELOG.md", changelogOfRelease(old.get("CHANGELOG.md"), version, date));
  try {
    write(changed);
    for (const { name, command, env, slow } of steps) {
      if (slow && checked) continue;
      say(name);
      run(command, root, env);
    }
    say("pack");
    const tarball = pack(root, version);
    if (!dryRun) {
      run(["git", "commit", "--quiet", "--message", `Release ${version}`, "--", ...files], root);
      run(["git", "tag", "--annotate", `v${version}`, "--message", `Ostinato ${version}`], root);
    }
    if (dryRun) write(old);
    return tarball;
  } catch (error) {
    write(old);
    throw error;
  }
}

function expectCleanTree(root, version) {
  const changed = output(["git", "status", "--porcelain"], root);
  if (changed) throw new Error(`The working tree has changes; commit them or put them away:\n${changed}`);
  if (output(["git", "tag", "--list", `v${version}`], root)) throw new Error(`There is a tag v${version} already.`);
}

function pack(root, version) {
  run([process.execPath, join(projectRoot, "scripts/package/tarball.mjs"), "release"], root);
  return join(root, "release", `ostinato-${version}.tgz`);
}

function run([command, ...args], cwd, env = {}) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", env: { ...process.env, ...env } });
  if (error) throw new Error(`${command} could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed; nothing was released.`);
}

function output([command, ...args], cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stderr}`);
  return stdout.trim();
}

function say(step) {
  process.stderr.write(`\n== ${step}\n`);
}

function main() {
  const { values, positionals } = parseArgs({
    options: { "dry-run": { type: "boolean" }, checked: { type: "boolean" } },
    allowPositionals: true,
  });
  const [version, ...rest] = positionals;
  if (!version || rest.length > 0) throw new Error("Usage: npm run release -- VERSION [--dry-run] [--checked]");
  const dryRun = values["dry-run"] ?? false;
  const date = new Date().toISOString().slice(0, 10);
  const tarball = release({ version, date, dryRun, checked: values.checked });
  const digest = createHash("sha512").update(readFileSync(tarball)).digest("base64");
  process.stdout.write(`\n${tarball}\nsha512-${digest}\n`);
  if (dryRun) process.stdout.write("A dry run: no commit, no tag, and the files are as they were.\n");
  else {
    process.stdout.write(
      `Commit and tag v${version} are made. By hand remains:\n` +
        "  git push --follow-tags     the release workflow builds, runs on real machines and publishes with provenance\n" +
        `  npm publish ${tarball}     instead, where there is no hosted CI (without provenance)\n`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    process.stderr.write(`release: ${error.message}\n`);
    process.exit(1);
  }
}
