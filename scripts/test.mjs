// `npm test`: sets up what is missing, then runs all TypeScript tests (vitest) and all C++ tests (ctest).
// Arguments go to vitest: npm test -- test/graph
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run, setup } from "./setup.mjs";

setup();
// The addon's own build: the C++ tests link the objects that it has compiled.
const build = join(root, "build");

const results = join(build, "vitest.json");
const vitest = spawnSync(
  join(root, "node_modules/.bin/vitest"),
  ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${results}`, ...process.argv.slice(2)],
  { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
);

run("cmake", ["-S", root, "-B", build, "-DOSTINATO_TESTS=ON"], { stdout: "ignore" });
run("cmake", ["--build", build, "--config", "Release", "--parallel", "2"], { stdout: "ignore" });
const ctest = spawnSync("ctest", ["--test-dir", build, "-C", "Release", "--output-on-failure", "--no-tests=error"], {
  cwd: root,
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
process.stdout.write(ctest.stdout);

const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
  readFileSync(results, "utf8"),
);
const [, failedNative = 0, totalNative = 0] = /(\d+) tests failed out of (\d+)/.exec(ctest.stdout) ?? [];
const passed = numPassedTests + (Number(totalNative) - Number(failedNative));
// A file that cannot be loaded holds no failed test, yet it is a failure.
const failed = Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0) + Number(failedNative);
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
process.stdout.write(`${passed} passed, ${failed} failed${skipped}\n`);
process.exit(failed === 0 && vitest.status === 0 && ctest.status === 0 && passed > 0 ? 0 : 1);
