// A copy of the project in a temporary folder, in which native files are changed, compiled and tested.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { cpuHas } from "./nativeOperators.mjs";

const copied = ["native", "test", "lib", "dist", "CMakeLists.txt", "package.json", "tsconfig.json", "vitest.config.ts"];
/** The TypeScript tests that compute with the addon. */
const guards = ["test/addon", "test/executor", "test/graph", "test/search", "test/parity", "test/nn"];
/** Kilobytes that a mutant may ask for. */
const memory = 8_000_000;

export class NativeTree {
  #child;
  #times = new Map();

  constructor(root, { seconds }) {
    this.seconds = seconds;
    this.root = mkdtempSync(join(tmpdir(), "ostinato-mutants-"));
    for (const entry of copied) cpSync(join(root, entry), join(this.root, entry), { recursive: true });
    // Tools write caches beside the packages: each package is a link, their folder is not.
    mkdirSync(join(this.root, "node_modules"));
    for (const entry of readdirSync(join(root, "node_modules"))) {
      if (!entry.startsWith(".vite"))
        symlinkSync(join(root, "node_modules", entry), join(this.root, "node_modules", entry));
    }
  }

  /** Builds everything once, and measures the tests. @throws Error if one fails without a mutant. */
  async prepare({ addon }) {
    this.addon = addon;
    const ninja = (await this.#run(["sh", "-c", "command -v ninja"])).code === 0 ? ["-G", "Ninja"] : [];
    const emulation = `-DOSTINATO_EMULATE_TILES=${cpuHas("amx_bf16") ? "OFF" : "ON"}`;
    const options = ["-DOSTINATO_TESTS=ON", "-DCMAKE_BUILD_TYPE=Release", emulation];
    const configured = await this.#run(["cmake", "-S", ".", "-B", "build-tests", ...ninja, ...options]);
    if (configured.code !== 0 || !(await this.#builds("all")))
      throw new Error(`the tests do not build: ${configured.output}`);
    for (const test of this.#tests()) {
      const begin = performance.now();
      if (!(await this.#passes(test))) throw new Error(`${test} fails without a mutant`);
      this.#times.set(test, performance.now() - begin);
    }
    if (addon && !((await this.#buildsAddon()) && (await this.#passesTypeScript()))) {
      throw new Error("the TypeScript tests fail without a mutant");
    }
  }

  /** The test that notices a mutant; null if none does, "does not compile" if there is nothing to notice. */
  async noticed({ file, source, changed }) {
    writeFileSync(join(this.root, file), changed);
    try {
      const isBinding = file.startsWith("native/binding/");
      if (!isBinding) {
        if (!(await this.#builds("ostinato_core"))) return "does not compile";
        for (const test of this.#ranked(file)) {
          if (!(await this.#builds(test))) return "does not compile";
          if (!(await this.#passes(test))) return test;
        }
      }
      if (!this.addon) return isBinding ? "does not compile" : null;
      if (!(await this.#buildsAddon())) return "does not compile";
      return (await this.#passesTypeScript()) ? null : "the TypeScript tests";
    } finally {
      writeFileSync(join(this.root, file), source);
    }
  }

  /** Ends what runs in the copy, and deletes it: a test that is being killed may still write. */
  remove() {
    if (this.#child) end(this.#child);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  #tests() {
    const built = readdirSync(join(this.root, "test", "native")).filter((file) => file.endsWith("_test.cc"));
    return built.map((file) => file.replace(/\.cc$/, ""));
  }

  /** Tests that share a word with the file's name, then the others; the fastest first. */
  #ranked(file) {
    const words = new Set(
      basename(file)
        .replace(/(-inl)?\.\w+$/, "")
        .split("_"),
    );
    const shares = (test) =>
      test
        .replace(/_test$/, "")
        .split("_")
        .some((word) => words.has(word.replace(/s$/, "")) || words.has(word));
    const rank = (test) => (shares(test) ? 0 : 1e9) + (this.#times.get(test) ?? 0);
    return this.#tests().sort((a, b) => rank(a) - rank(b));
  }

  async #builds(target) {
    const parallel = String(availableParallelism());
    return (
      (await this.#run(["cmake", "--build", "build-tests", "--target", target, "--parallel", parallel])).code === 0
    );
  }

  async #buildsAddon() {
    return (await this.#run(["node", "node_modules/cmake-js/bin/cmake-js", "compile"])).code === 0;
  }

  async #passes(test) {
    return (await this.#run([`build-tests/${test}`], { seconds: this.seconds, limited: true })).code === 0;
  }

  async #passesTypeScript() {
    const folders = guards.filter((folder) => existsSync(join(this.root, folder)));
    const vitest = ["node", "node_modules/vitest/vitest.mjs", "run", "--bail=1", "--maxWorkers=1", "--reporter=dot"];
    return (await this.#run([...vitest, ...folders], { seconds: 10 * this.seconds })).code === 0;
  }

  /** Runs a command in the copy; one that takes longer than `seconds` is ended, with code null. */
  async #run([command, ...args], { seconds = 3600, limited = false } = {}) {
    const env = { ...process.env, CI: "1", NO_COLOR: "1", CCACHE_BASEDIR: this.root, CCACHE_NOHASHDIR: "1" };
    const [program, list] = limited
      ? ["sh", ["-c", `ulimit -v ${memory}; exec "$0" "$@"`, command, ...args]]
      : [command, args];
    const child = spawn(program, list, { cwd: this.root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        if (output.length < 100_000) output += text;
      });
    }
    const timer = setTimeout(() => end(child), seconds * 1000);
    const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
    clearTimeout(timer);
    end(child);
    this.#child = undefined;
    return { code, output };
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
