// Writes dist/types: the declarations that a user can reach, in a few files. One for each module, they were a fifth of the package.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

/** @param root of the project, whose dist is compiled. */
export async function packTypes(root) {
  const dist = join(root, "dist");
  const bundle = await rollup({
    input: Object.fromEntries(
      ["index", "reference", "wasm", "browser"].map((name) => [name, join(dist, `${name}.d.ts`)]),
    ),
    external: /^[^./]/,
    plugins: [dts()],
    onwarn(warning) {
      // Types that only declarations name stay without a name of their own, as they are in the modules.
      if (!/private shared type exports/.test(warning.message)) throw new Error(warning.message);
    },
  });
  rmSync(join(dist, "types"), { recursive: true, force: true });
  await bundle.write({
    dir: join(dist, "types"),
    entryFileNames: "[name].d.ts",
    chunkFileNames: "shared.d.ts",
  });
  await bundle.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await packTypes(fileURLToPath(new URL("..", import.meta.url)));
