// `npm run package:test [-- parts]`: packs the package and uses it from empty folders as people do: by every package manager, on every
// runtime, by CommonJS, with TypeScript, bundled. Parts: pack, npm, pnpm, yarn1, yarn4, pnp, bun, runtimes, types, bundlers; default all.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlers } from "./package/bundlers.mjs";
import { managers } from "./package/managers.mjs";
import { pack } from "./package/pack.mjs";
import { runtimes } from "./package/runtimes.mjs";
import { types } from "./package/types.mjs";

/** Each part is given a folder of its own and the tarball; it returns a word on what it did, or throws. */
const parts = { ...managers, runtimes, types, bundlers };

export async function testPackage(names = []) {
  for (const name of names) {
    if (name !== "pack" && !(name in parts)) {
      throw new Error(`There is no part "${name}". There are: pack, ${Object.keys(parts).join(", ")}.`);
    }
  }
  const place = mkdtempSync(join(tmpdir(), "ostinato-package-"));
  let failed = 0;
  try {
    const { tarball, word, fault } = await pack(place);
    say("pack", fault ? "WRONG" : "right", fault ? `${word}: ${fault}` : word);
    if (fault) failed++;
    for (const [name, part] of Object.entries(parts)) {
      if (names.length > 0 && !names.includes(name)) continue;
      try {
        say(name, "right", await part(mkdtempSync(join(place, `${name}-`)), tarball));
      } catch (error) {
        failed++;
        say(name, "WRONG", error.message);
      }
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return failed;
}

function say(name, word, more) {
  process.stdout.write(`${name.padEnd(10)} ${word}  ${more}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exit((await testPackage(process.argv.slice(2))) === 0 ? 0 : 1);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
