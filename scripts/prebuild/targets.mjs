// The platforms that have binaries, and what each may ask of a user's system.

/** The oldest glibc that binaries run on: that of RHEL 8 and Debian 10; Node's own binaries need the same. */
export const oldestGlibc = "2.28";

/** The oldest macOS; Node 20 needs the same. */
export const oldestMacos = "11.0";

/** One binary serves both C libraries: everyLibc.mjs. */
const linux = (arch, zigArch) => ({
  name: `linux-${arch}`,
  platform: "linux",
  arch,
  zig: `${zigArch}-linux-gnu.${oldestGlibc}`,
});

export const targets = [
  linux("x64", "x86_64"),
  linux("arm64", "aarch64"),
  { name: "darwin-x64", platform: "darwin", arch: "x64", zig: `x86_64-macos.${oldestMacos}` },
  { name: "darwin-arm64", platform: "darwin", arch: "arm64", zig: `aarch64-macos.${oldestMacos}` },
  { name: "win32-x64", platform: "win32", arch: "x64", zig: "x86_64-windows-gnu" },
  { name: "win32-arm64", platform: "win32", arch: "arm64", zig: "aarch64-windows-gnu" },
];

/** Where prebuildify puts the binary of a target, and node-gyp-build looks for it. */
export function binaryPath({ platform, arch }) {
  return `prebuilds/${platform}-${arch}/ostinato.node`;
}

/** The targets of these names, or all; a name that begins others stands for all of them: "linux" for "linux-x64" and "linux-arm64". */
export function chosenTargets(names) {
  if (names.length === 0) return targets;
  return names.flatMap((name) => {
    const found = targets.filter((target) => target.name === name || target.name.startsWith(`${name}-`));
    if (found.length > 0) return found;
    throw new Error(`There is no target "${name}". There are: ${targets.map((target) => target.name).join(", ")}.`);
  });
}
