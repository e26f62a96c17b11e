import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wasmMissing } from "../wasm.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The program of this machine; undefined if there is none. */
export const chromium = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((file) => existsSync(file));

/** Why tests in a page are skipped; null where they run. */
export const pageMissing = wasmMissing ?? (chromium ? null : "there is no Chromium: apt-get install chromium");

const types: Record<string, string> = {
  html: "text/html",
  js: "text/javascript",
  json: "application/json",
  mjs: "text/javascript",
  wasm: "application/wasm",
};

interface Served {
  readonly page: string;
  /** By their paths, such as "/model/config.json". */
  readonly files: Record<string, Uint8Array>;
  /** Whether the page may share memory with Workers. */
  readonly isolated: boolean;
}

/**
 * Serves a page, the project's dist, examples/browser and prebuilds, and more files.
 */
function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { page, files, isolated, onResult }: Served & { onResult: (result: string) => void },
): void {
  // Examples import the package that is installed beside them.
  const pathname = new URL(request.url ?? "/", "http://localhost").pathname.replace(
    "/examples/browser/node_modules/ostinato/",
    "/",
  );
  if (isolated) {
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
  }
  response.setHeader("content-type", types[pathname.split(".").at(-1) as string] ?? "application/octet-stream");
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
  } else if (files[pathname]) {
    response.end(files[pathname]);
  } else if (/^\/(dist|examples\/browser|prebuilds)\/[\w/-]+\.(html|js|mjs|wasm)$/.test(pathname)) {
    response.end(readFileSync(join(root, pathname)));
  } else {
    response.writeHead(404).end();
  }
}

/**
 * Opens a page in headless Chromium and waits for what it sends to /result.
 * @param script of the page, a module that calls `tell(result)` once; an error of it is the result { error }.
 * @param files by their paths.
 * @param isolated whether the page may share memory with Workers.
 */
export async function inChromium(
  { script, imports }: { script: string; imports: Record<string, string> },
  files: Record<string, Uint8Array> = {},
  isolated = false,
): Promise<Record<string, unknown>> {
  const page = `<!doctype html>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  const tell = (about) => fetch("/result", { method: "POST", body: JSON.stringify(about) });
  try {
    ${script}
  } catch (error) {
    await tell({ error: String(error.stack ?? error) });
  }
</script>`;
  const server = createServer();
  const result = new Promise<string>((resolve) => {
    server.on("request", (request, response) =>
      answer(request, response, { page, files, isolated, onResult: resolve }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const profile = await mkdtemp(join(tmpdir(), "ostinato-chromium-"));
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    `--user-data-dir=${profile}`,
  ];
  const browser = spawn(chromium as string, [...flags, `http://127.0.0.1:${port}/`], { stdio: "ignore" });
  try {
    return JSON.parse(await result);
  } finally {
    const ended = new Promise((resolve) => browser.once("exit", resolve));
    browser.kill();
    await ended;
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
