// `npm start`: sets up what is missing, then trains the demo.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { root, setup } from "./setup.mjs";

setup();
const demo = spawn(process.execPath, [join(root, "dist/packed/main.js"), "demo", ...process.argv.slice(2)], {
  stdio: "inherit",
});
// A terminal's Ctrl-C reaches the demo by itself; it saves and stops, and this process waits for it. A second one from here
// would end it at once.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => demo.kill("SIGTERM"));
demo.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
