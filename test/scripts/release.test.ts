import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

type Step = { name: string; command: string[]; slow?: boolean };
const script: string = "../../scripts/release.mjs";
const { release }: { release: (options: object) => string } = await import(script);
const versions: string = "../../scripts/release/version.mjs";
const {
  changelogOfRelease,
  expectNewVersion,
}: {
  changelogOfRelease: (text: string, version: string, date: string) => string;
  expectNewVersion: (version: string, before: string) => void;
} = await import(versions);

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const changelog =
  "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n### Added\n\n- All.\n";

/** A project of four files under git. */
function project() {
  const root = mkdtempSync(join(tmpdir(), "ostinato-release-"));
  folders.push(root);
  const write = (file: string, text: string) => writeFileSync(join(root, file), text);
  const package_ = `{\n  "name": "ostinato",\n  "version": "0.1.0"\n}\n`;
  write("package.json", package_);
  write(
    "package-lock.json",
    '{\n  "version": "0.1.0",\n  "packages": { "": { "version": "0.1.0" }, "a": { "version": "0.1.0" } }\n}\n',
  );
  write("README.md", "npm install path/to/ostinato-0.1.0.tgz\n");
  write("CHANGELOG.md", changelog);
  write(".gitignore", "release/\nran\n");
  const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" });
  git("init", "--quiet");
  git("config", "user.name", "A");
  git("config", "user.email", "a@b");
  git("add", ".");
  git("commit", "--quiet", "--message", "All");
  return { root, git, read: (file: string) => readFileSync(join(root, file), "utf8") };
}

const step = (name: string, more = {}): Step => ({ name, command: ["sh", "-c", `echo ${name} >> ran`], ...more });

test("a release writes version and changelog, runs every step, packs, commits and tags", () => {
  const { root, git, read } = project();
  const options = { root, version: "0.2.0", date: "2026-02-03", steps: [step("checks", { slow: true }), step("all")] };
  const tarball = release(options);
  expect(existsSync(tarball)).toBe(true);
  expect(tarball).toBe(join(root, "release/ostinato-0.2.0.tgz"));
  expect(read("ran")).toBe("checks\nall\n");
  expect(JSON.parse(read("package.json"))).toMatchObject({ version: "0.2.0" });
  // The project's two places, and no dependency's.
  expect(JSON.parse(read("package-lock.json"))).toEqual({
    version: "0.2.0",
    packages: { "": { version: "0.2.0" }, a: { version: "0.1.0" } },
  });
  expect(read("README.md")).toContain("ostinato-0.2.0.tgz");
  expect(read("CHANGELOG.md")).toContain("## [Unreleased]\n\n## [0.2.0] - 2026-02-03\n\n### Added\n\n- A thing.\n");
  expect(git("tag", "--list").trim()).toBe("v0.2.0");
  expect(git("status", "--porcelain")).toBe("");
  expect(git("log", "-1", "--format=%s").trim()).toBe("Release 0.2.0");
});

test("a dry run and a failed step leave files, commits and tags as they were", () => {
  const { root, git, read } = project();
  const options = { root, version: "0.2.0", date: "2026-02-03" };
  release({ ...options, dryRun: true, checked: true, steps: [step("checks", { slow: true }), step("all")] });
  expect(read("ran")).toBe("all\n");
  expect(() => release({ ...options, steps: [{ name: "no", command: ["false"] }] })).toThrow(/nothing was released/);
  expect(git("status", "--porcelain")).toBe("");
  expect(git("tag", "--list")).toBe("");
  expect(read("CHANGELOG.md")).toBe(changelog);
});

test("a release refuses a changed tree, a tag that exists, and a version that is not new", () => {
  const { root, git } = project();
  const options = { root, version: "0.2.0", date: "2026-02-03", steps: [] };
  git("tag", "v0.2.0");
  expect(() => release(options)).toThrow("There is a tag v0.2.0 already.");
  writeFileSync(join(root, "README.md"), "changed");
  expect(() => release(options)).toThrow(/The working tree has changes.*\n.*README\.md/);
  expect(() => release({ ...options, version: "0.1.0" })).toThrow("0.1.0 does not come after 0.1.0.");
  for (const [version, before] of [
    ["1.0.0-beta.2", "1.0.0-beta.1"],
    ["1.0.0", "1.0.0-beta.1"],
    ["1.10.0", "1.9.9"],
  ]) {
    expectNewVersion(version as string, before as string);
    expect(() => expectNewVersion(before as string, version as string)).toThrow(/older than|does not come after/);
  }
  expect(() => expectNewVersion("v2", "1.0.0")).toThrow(/"v2" is no version/);
  expect(() => changelogOfRelease("## [Unreleased]\n\n### Added\n\n## [0.1.0]\n\n- A.\n", "0.2.0", "")).toThrow(
    /says nothing under Unreleased/,
  );
});
