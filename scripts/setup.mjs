// Brings a fresh clone to the point where everything runs: npm packages, build tools, the native addon, the JavaScript.
// Does only what is missing or out of date, so it is quick the second time.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Tools that the build needs, how to see whether they are there, and their Debian packages. */
const tools = [
  { name: "a C++20 compiler", present: () => runs("c++", "--version"), apt: "build-essential" },
  { name: "make", present: () => runs("make", "--version"), apt: "build-essential" },
  { name: "CMake 3.20 or newer", present: () => runs("cmake", "--version"), apt: "cmake" },
  { name: "Google Highway (headers)", present: () => hasHeader("hwy/highway.h"), apt: "libhwy-dev" },
  { name: "doctest (header, for the C++ tests)", present: () => hasHeader("doctest/doctest.h"), apt: "doctest-dev" },
];

export function setup() {
  checkNode();
  installPackages();
  installTools();
  buildNative();
  buildTypeScript();
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 17)) return;
  fail(`Node ${process.versions.node} is too old: Ostinato needs Node 20.17 or newer.`);
}

function installPackages() {
  const installed = join(root, "node_modules/.package-lock.json");
  if (existsSync(installed) && modified(installed) >= modified(join(root, "package-lock.json"))) return;
  say("installing npm packages");
  // Not "npm ci": it refuses lock files in which packages for other platforms are missing.
  run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]);
}

function installTools() {
  const missing = tools.filter(({ present }) => !present());
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ apt }) => apt))];
  const names = missing.map(({ name }) => name).join(", ");
  if (!runs("apt-get", "--version")) {
    fail(
      `missing: ${names}.\nInstall them and run this again:\n` +
        "  macOS:   xcode-select --install; brew install cmake highway doctest\n" +
        "  Windows: Visual Studio Build Tools with C++, CMake; vcpkg install highway doctest\n" +
        "  Fedora:  dnf install gcc-c++ make cmake highway-devel doctest-devel",
    );
  }
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  if (sudo.length > 0 && !runs("sudo", "-n", "true")) {
    fail(`missing: ${names}.\nInstall them and run this again:\n  sudo apt-get install ${packages.join(" ")}`);
  }
  say(`installing ${packages.join(", ")} with apt-get`);
  const apt = [...sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
  run(apt[0], [...apt.slice(1), "update"]);
  run(apt[0], [...apt.slice(1), "install", "--yes", "--no-install-recommends", ...packages], { stdout: "ignore" });
  const still = tools.filter(({ present }) => !present());
  if (still.length > 0) fail(`still missing after apt-get: ${still.map(({ name }) => name).join(", ")}.`);
}

function buildNative() {
  const addon = join(root, "build/Release/ostinato.node");
  const mpiModule = join(root, "build/Release/mpi/ostinato_mpi.node");
  // The time at which the last build began, and whether CMake found no MPI although its compiler is there. Make leaves an
  // addon that is up to date as old as it was.
  const stamp = join(root, "build/.built");
  const unfound = "CMake finds no MPI.";
  const lacksMpi = () => runs("mpicxx", "--version") && !existsSync(mpiModule);
  const sources = [...filesUnder("native"), "CMakeLists.txt"].map((file) => join(root, file));
  const known = existsSync(stamp) ? { at: modified(stamp), says: readFileSync(stamp, "utf8") } : { at: 0, says: "" };
  if (existsSync(addon) && known.at >= newest(sources) && (known.says === unfound || !lacksMpi())) return;
  say("compiling the native addon (some minutes the first time)");
  const begin = new Date();
  // `npm test` leaves the C++ tests switched on in the same folder.
  const options = ["--silent", "--parallel", "2", "--CDOSTINATO_TESTS=OFF"];
  run(join(root, "node_modules/.bin/cmake-js"), ["compile", ...options], { stdout: "ignore" });
  writeFileSync(stamp, lacksMpi() ? unfound : "");
  utimesSync(stamp, begin, begin);
}

function buildTypeScript() {
  const stamp = join(root, "dist/.built");
  const sources = [...filesUnder("lib"), "tsconfig.json", "tsconfig.build.json"].map((file) => join(root, file));
  if (existsSync(stamp) && modified(stamp) >= newest(sources)) return;
  say("compiling the TypeScript");
  run("npm", ["run", "--silent", "build:ts"]);
}

/** Runs a command in the root; ends this process with its exit code if it fails. */
export function run(command, args, { stdout = "inherit", env = {} } = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", stdout, "inherit"],
    env: { ...process.env, ...env },
  });
  if (error) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) {
    process.stderr.write(`setup: ${command} ${args.join(" ")} failed\n`);
    process.exit(status ?? 1);
  }
}

function runs(command, ...args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Whether the compiler finds a header, wherever it lies. */
function hasHeader(header) {
  const source = `#include <${header}>\n`;
  return (
    spawnSync("c++", ["-std=c++17", "-E", "-x", "c++", "-"], { input: source, stdio: ["pipe", "ignore", "ignore"] })
      .status === 0
  );
}

function filesUnder(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length));
}

function modified(file) {
  return statSync(file).mtimeMs;
}

function newest(files) {
  return Math.max(...files.map(modified));
}

function say(text) {
  process.stderr.write(`setup: ${text} ...\n`);
}

function fail(text) {
  process.stderr.write(`setup: ${text}\n`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
