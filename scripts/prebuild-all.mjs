// `npm run prebuild:all [-- targets]`: makes the binaries of all platforms, or of those named ("linux", "darwin-arm64"), on one machine, and
// inspects them. prebuildify makes each, by gyp-shim.mjs, CMakeLists.txt and zig's compiler.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { forEveryLibc } from "./prebuild/everyLibc.mjs";
import { binaryPath, chosenTargets } from "./prebuild/targets.mjs";
import { zigEnvironment } from "./prebuild/zig.mjs";
import { inspectTargets } from "./prebuild-inspect.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

export function prebuildAll(chosen) {
  for (const target of chosen) build(target);
  if (inspectTargets(chosen) > 0) throw new Error("Some binaries are not as they must be; see above.");
}

function build(target) {
  process.stderr.write(`== ${target.name}\n`);
  const place = join(root, "build-prebuilds", target.name);
  mkdirSync(place, { recursive: true });
  const binary = join(root, binaryPath(target));
  rmSync(dirname(binary), { recursive: true, force: true });
  const { platform, arch } = target;
  const { status } = spawnSync(
    join(root, "node_modules/.bin/prebuildify"),
    [
      ...["--cwd", place, "--out", root, "--name", "ostinato", "--napi", "--target", "20.17.0"],
      ...["--platform", platform, "--arch", arch],
      ...["--node-gyp", join(root, "scripts/gyp-shim.mjs")],
    ],
    { stdio: ["ignore", 2, 2], env: { ...process.env, ...zigEnvironment(target) } },
  );
  if (status !== 0) throw new Error(`The binary of ${target.name} could not be built; see above.`);
  if (platform !== "linux") return;
  try {
    writeFileSync(binary, forEveryLibc(readFileSync(binary)));
  } catch (error) {
    throw new Error(`The binary of ${target.name} cannot be made one for every C library: ${error.message}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    prebuildAll(chosenTargets(process.argv.slice(2)));
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
