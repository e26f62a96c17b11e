// A copy of the project in a temporary folder, in which files are changed and tests run.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const leftOut = new Set([".git", "node_modules", "build", "bench"]);

export class Tree {
  #child;

  constructor(root) {
    this.root = mkdtempSync(join(tmpdir(), "ostinato-mutants-"));
    for (const entry of readdirSync(root)) {
      if (!leftOut.has(entry)) cpSync(join(root, entry), join(this.root, entry), { recursive: true });
    }
    // Tools write caches beside the packages: each package is a link, their folder is not.
    for (const folder of ["node_modules", "build", "bench"]) {
      mkdirSync(join(this.root, folder));
      for (const entry of readdirSync(join(root, folder))) {
        if (entry !== ".vite") symlinkSync(join(root, folder, entry), join(this.root, folder, entry));
      }
    }
  }

  write(file, text) {
    writeFileSync(join(this.root, file), text);
  }

  /** Ends what runs in the copy, and deletes it: a test that is being killed may still write. */
  remove() {
    if (this.#child) end(this.#child);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  /**
   * Runs test files until one fails, with more variables of the environment.
   * @returns "passed", "failed", or "late" after `seconds` seconds; the file of the first test that failed, and its name.
   */
  async test(files, seconds, env = {}) {
    const args = ["run", "--bail=1", "--maxWorkers=1", "--reporter=dot", "--no-color", ...files];
    const command = join(this.root, "node_modules", "vitest", "vitest.mjs");
    const child = spawn(process.execPath, [command, ...args], {
      cwd: this.root,
      env: { ...process.env, CI: "1", NO_COLOR: "1", ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        if (output.length < 1_000_000) output += text;
      });
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      end(child);
    }, seconds * 1000);
    const code = await new Promise((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    end(child);
    this.#child = undefined;
    const [, file = files[0], name = ""] = /FAIL\s+(\S+\.ts)(.*)/.exec(output) ?? [];
    return { result: late ? "late" : code === 0 ? "passed" : "failed", file, by: file + name };
  }
}

/** Ends a child and all that it started. */
function end(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
