import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test.each(["option-docs.mjs", "cli-docs.mjs", "error-docs.mjs"])(
  "the page of %s says what the program says, and comments name the defaults of their rules",
  (script) => {
    const { status, stderr } = spawnSync(process.execPath, [`scripts/${script}`, "--check"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  },
  120_000,
);
