import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";

export const main = fileURLToPath(new URL("../../dist/packed/main.js", import.meta.url));
export const { FORCE_COLOR: _, ...env } = process.env;

/** A folder in which commands run, and files are made for them; it is gone after the tests of a file. */
export function commandFolder(name: string) {
  const folder = mkdtempSync(join(tmpdir(), `ostinato-cli-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function ostinato(args: readonly string[], input = "") {
    const options = { cwd: folder, env, input, encoding: "utf8", timeout: 170_000 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], options);
    return { status, stdout, stderr };
  }

  return {
    folder,
    ostinato,
    /** Writes a file. @returns its name. */
    file(name: string, text: string): string {
      writeFileSync(join(folder, name), text);
      return name;
    },
    /** The bytes of a model's weights. */
    weights: (model: string) => readFileSync(join(folder, model, "model.safetensors")),
    /** Expects that a command ends with a message, and no stack of calls. */
    refused(args: readonly string[], message: RegExp, status = 1): void {
      const result = ostinato(args);
      expect(result.stderr).toMatch(message);
      expect(result.stderr).toMatch(/^error: /m);
      expect(result.stderr).not.toMatch(/\n\s+at /);
      expect(result.status).toBe(status);
    },
  };
}
