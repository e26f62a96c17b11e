import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const build = join(root, "build-bench");

/** Builds a program of bench/native. @returns its path */
export function builtProgram(name) {
  const quietly = { cwd: root, stdio: ["ignore", "ignore", "inherit"] };
  execFileSync("cmake", ["-S", ".", "-B", build, "-DOSTINATO_BENCH=ON"], quietly);
  execFileSync("cmake", ["--build", build, "--parallel", "2", "--target", name], quietly);
  return join(build, name);
}
