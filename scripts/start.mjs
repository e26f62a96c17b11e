// `npm start`: sets up what is missing, then trains the demo.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { root, setup } from "./setup.mjs";

// Options that stand before npm's "--" are npm's own: the demo would run without them, and not say so.
const taken = ["maximum-steps", "out"].find(
  (name) => process.env[`npm_config_${name.replace("-", "_")}`] !== undefined,
);
if (taken) {
  process.stderr.write(`npm takes --${taken} for an option of its own. Write: npm start -- --${taken} ...\n`);
  process.exit(2);
}

setup();
const demo = spawn(process.execPath, [join(root, "dist/packed/main.js"), "demo", ...process.argv.slice(2)], {
  stdio: "inherit",
});
// A terminal's Ctrl-C reaches the demo by itself; it saves and stops, and this process waits for it. A second one from here
// would end it at once.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => demo.kill("SIGTERM"));
demo.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
