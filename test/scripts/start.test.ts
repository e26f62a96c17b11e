import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("says where an option belongs that npm took for its own, before anything is set up", () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, ["scripts/start.mjs", "3"], {
    encoding: "utf8",
    env: { ...process.env, npm_config_maximum_steps: "true" },
  });
  expect(stderr).toBe("npm takes --maximum-steps for an option of its own. Write: npm start -- --maximum-steps ...\n");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
});
