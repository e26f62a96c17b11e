// The package managers that people have, each in a fixed version from npm.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackedPackage } from "../prebuild/packages.mjs";
import { installByNpm, run, smoke, writeProject } from "./run.mjs";

const packages = {
  // The last version that is JavaScript and runs on Node 20.
  pnpm: {
    name: "pnpm",
    version: "10.34.9",
    integrity: "sha512-9JtajqD97bRLs8DB1ldQkqU8KVDZW3rRXfEfF5dId6LeOgHAfpNOmyjOcW5RwJqUlixzBtCb4uHksYqMh2L9Mg==",
  },
  yarn1: {
    name: "yarn",
    version: "1.22.22",
    integrity: "sha512-prL3kGtyG7o9Z9Sv8IPfBNrWTDmXB4Qbes8A9rEzt6wkJV8mUvoirjU0Mp3GGAU06Y0XQyA3/2/RQFVuK7MTfg==",
  },
  yarn4: {
    name: "@yarnpkg/cli-dist",
    version: "4.18.0",
    integrity: "sha512-WV9H+/O8BPElO7GKzrKipTtCNt8/gBCUJaNAEOw4U/x2k17aZjseYzll4QhpZE4xIsEvo8bK6KvjhsXuHrclPg==",
  },
};
const bunPackage = {
  name: "@oven/bun-linux-x64",
  version: "1.4.5",
  integrity: "sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==",
};

const node = process.execPath;

/** Path of Bun, for linux-x64. */
export function bunProgram() {
  const bun = join(unpackedPackage(bunPackage), "bin/bun");
  chmodSync(bun, 0o755);
  return bun;
}

function registry(cwd) {
  return run("npm", ["config", "get", "registry"], { cwd }).trim();
}

/** In an installed project: the library in Node, and the command line. */
function use(folder) {
  smoke([node], folder);
  run(join(folder, "node_modules/.bin/ostinato"), ["info"], { cwd: folder });
}

export const managers = {
  npm(folder, tarball) {
    installByNpm(folder, tarball);
    use(folder);
    return run("npm", ["--version"], { cwd: folder }).trim();
  },

  pnpm(folder, tarball) {
    writeProject(folder);
    const pnpm = join(unpackedPackage(packages.pnpm), "bin/pnpm.cjs");
    const env = { npm_config_registry: registry(folder), npm_config_store_dir: join(folder, ".store") };
    run(node, [pnpm, "add", tarball], { cwd: folder, env });
    use(folder);
    return packages.pnpm.version;
  },

  yarn1(folder, tarball) {
    writeProject(folder);
    const yarn = join(unpackedPackage(packages.yarn1), "bin/yarn.js");
    const cache = ["--cache-folder", join(folder, ".cache")];
    run(node, [yarn, "add", `file:${tarball}`, "--registry", registry(folder), "--non-interactive", ...cache], {
      cwd: folder,
    });
    use(folder);
    return packages.yarn1.version;
  },

  yarn4(folder, tarball) {
    addByYarn4(folder, tarball, "node-modules");
    use(folder);
    return `${packages.yarn4.version}, node-modules`;
  },

  pnp(folder, tarball) {
    const yarn = addByYarn4(folder, tarball, "pnp");
    smoke([node, yarn, "node"], folder);
    run(node, [yarn, "ostinato", "info"], { cwd: folder });
    return `Yarn ${packages.yarn4.version}, Plug'n'Play`;
  },

  bun(folder, tarball) {
    writeProject(folder);
    const bun = bunProgram();
    const env = { BUN_CONFIG_REGISTRY: registry(folder), BUN_INSTALL_CACHE_DIR: join(folder, ".cache") };
    run(bun, ["add", tarball], { cwd: folder, env });
    use(folder);
    smoke([bun], folder);
    return bunPackage.version;
  },
};

function addByYarn4(folder, tarball, linker) {
  writeProject(folder);
  const yarn = join(unpackedPackage(packages.yarn4), "bin/yarn.js");
  const server = registry(folder);
  writeFileSync(
    join(folder, ".yarnrc.yml"),
    `nodeLinker: ${linker}\nnpmRegistryServer: "${server}"\nenableTelemetry: false\nenableGlobalCache: false\nenableImmutableInstalls: false\n` +
      (server.startsWith("http:") ? `unsafeHttpWhitelist: ["${new URL(server).hostname}"]\n` : ""),
  );
  // Without a lock file of its own it takes a folder above for the project.
  writeFileSync(join(folder, "yarn.lock"), "");
  run(node, [yarn, "add", `ostinato@file:${tarball}`], { cwd: folder });
  return yarn;
}
