// `npm run build:wasm`: compiles the C++ runtime to WebAssembly, prebuilds/ostinato.wasm. Needs CMake, Highway's headers, and zig, as
// prebuild-all.mjs does.
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zigEnvironment } from "./prebuild/zig.mjs";
import { root, run } from "./setup.mjs";

export function buildWasm() {
  const build = join(root, "build/wasm");
  const env = zigEnvironment({ zig: "wasm32-wasi" });
  const configure = [
    ...["-S", root, "-B", build, "-DCMAKE_BUILD_TYPE=Release"],
    `-DCMAKE_TOOLCHAIN_FILE=${join(root, "scripts/wasm.cmake")}`,
    `-DOSTINATO_ZIG=${env.OSTINATO_ZIG}`,
    `-DHIGHWAY_INCLUDE_DIR=${highwayAlone(build)}`,
  ];
  run("cmake", configure, { stdout: "ignore", env });
  run("cmake", ["--build", build, "--parallel", process.env.OSTINATO_JOBS ?? "2"], { stdout: "ignore", env });
  mkdirSync(join(root, "prebuilds"), { recursive: true });
  copyFileSync(join(build, "ostinato.wasm"), join(root, "prebuilds/ostinato.wasm"));
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
