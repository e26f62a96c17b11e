import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { wasmMissing } from "../wasm.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const chromium = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((file) => existsSync(file));
const missing = wasmMissing ?? (chromium ? null : "there is no Chromium: apt-get install chromium");

/** The page of examples/browser, with its figures sent home. */
const page = `<!doctype html>
<script type="importmap">{ "imports": { "ostinato/wasm": "/dist/wasm.js" } }</script>
<script type="module">
  const tell = (about) => fetch("/result", { method: "POST", body: JSON.stringify(about) });
  try {
    const { characterModel } = await import("/examples/browser/characters.mjs");
    const wasm = await (await fetch("/prebuilds/ostinato.wasm")).arrayBuffer();
    const text = "the quick brown fox jumps over the lazy dog and packs my box with five dozen liquor jugs\\n".repeat(20);
    const { losses, charactersPerSecond, write } = await characterModel(wasm, text, { steps: 60 });
    await tell({ losses, charactersPerSecond, written: await write("the quick ", 20) });
  } catch (error) {
    await tell({ error: String(error.stack ?? error) });
  }
</script>`;

const types: Record<string, string> = { js: "text/javascript", mjs: "text/javascript", wasm: "application/wasm" };

function answer(request: IncomingMessage, response: ServerResponse, onResult: (result: string) => void): void {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/") {
    response.setHeader("content-type", "text/html").end(page);
  } else if (pathname === "/result") {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      response.end();
      onResult(body);
    });
  } else if (/^\/(dist|examples\/browser|prebuilds)\/[\w/-]+\.(js|mjs|wasm)$/.test(pathname)) {
    response.setHeader("content-type", types[pathname.split(".").at(-1) as string] as string);
    response.end(readFileSync(join(root, pathname)));
  } else {
    response.writeHead(404).end();
  }
}

test.skipIf(missing)(
  `a page in Chromium trains a character LSTM and writes with it (${missing ?? chromium})`,
  async () => {
    const profile = await mkdtemp(join(tmpdir(), "ostinato-chromium-"));
    const result = new Promise<string>((resolve) => {
      server.on("request", (request, response) => answer(request, response, resolve));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const flags = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      `--user-data-dir=${profile}`,
    ];
    const browser = spawn(chromium as string, [...flags, `http://127.0.0.1:${port}/`], { stdio: "ignore" });
    try {
      const { losses, written, charactersPerSecond, error } = JSON.parse(await result);
      expect(error).toBeUndefined();
      expect(losses.length).toBe(60);
      expect(losses.at(-1)).toBeLessThan(losses[0] / 2);
      expect(written).toMatch(/^the quick brown fox /);
      process.stdout.write(`Chromium: ${Math.round(charactersPerSecond)} characters/s\n`);
    } finally {
      const ended = new Promise((resolve) => browser.once("exit", resolve));
      browser.kill();
      await ended;
      server.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  },
);

const server = createServer();
