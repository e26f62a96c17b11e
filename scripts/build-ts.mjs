// `npm run build:ts`: everything in dist. The modules, what commands read, and the few files that the package
// runs from and is typed by.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeDemoText } from "./demo-text.mjs";
import { writeOptionDocs } from "./option-docs.mjs";
import { packJavaScript } from "./pack-js.mjs";
import { packTypes } from "./pack-types.mjs";
import { root, run } from "./setup.mjs";

const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
run("npx", ["--no-install", "tsc", "-p", "tsconfig.build.json"]);
writeDemoText();
writeOptionDocs();
await packJavaScript(root);
await packTypes(root);
writeFileSync(join(dist, ".built"), "");
