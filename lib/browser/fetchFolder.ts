import { FileError, OptionError, quote } from "../errors.js";
import { parseJson } from "../formats/json.js";
import { modelFiles } from "../formats/modelFiles.js";
import type { OptionsOf } from "../options.js";
import { abortSignal, callback, completeOptions, optional, table, value } from "../options.js";
import { folderOf } from "./folders.js";

/** How far the fetching of a folder is. */
export interface FetchProgress {
  readonly file: string;
  /** Bytes that have come of the file. */
  readonly loaded: number;
  /** Bytes that it has; null where the server does not say. */
  readonly total: number | null;
}

const areTexts = (list: readonly unknown[]) => list.every((entry) => typeof entry === "string" && entry !== "");

const rules = table("fetchFolder", {
  /**
   * Names of the files, or where each of them is: { "config.json": url } for a bundler that has renamed them. Default: what a model needs, as its
   * config.json says. A training that is to be resumed needs "trainer.safetensors" besides.
   */
  files: optional(
    value<readonly string[] | Readonly<Record<string, string>>>("names of files, or { name: url }", (files) =>
      Array.isArray(files)
        ? areTexts(files)
        : typeof files === "object" && files !== null && areTexts(Object.values(files)),
    ),
  ),
  /** Options of each `fetch`, such as { credentials: "include" }. Default: none. */
  request: optional(value<RequestInit>("an object", (request) => typeof request === "object" && request !== null)),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
  /** Called as bytes come. Default: none. */
  onProgress: callback<(progress: FetchProgress) => void>(),
});

/** Options of `fetchFolder`. @interface */
export type FetchFolderOptions = OptionsOf<typeof rules>;

/**
 * Fetches a model folder, such as `ostinato train` wrote, into memory.
 *
 * ```ts
 * const folder = await fetchFolder("./my-model");
 * const model = await loadModel(folder, { executor });
 * removeFolder(folder); // The model has its own copy.
 * ```
 * @param url of the folder; a relative one is that of the page, in a Worker that of its script. Its query goes with every file.
 * @returns the folder's path, as `folderOf` does.
 * @throws FileError if a file cannot be fetched, or the server answers with something else.
 */
export async function fetchFolder(url: string | URL, options: FetchFolderOptions = {}): Promise<string> {
  const { files, request, signal, onProgress } = completeOptions("fetchFolder", options, rules);
  const base = folderAt(url);
  const ended = new AbortController();
  const outside = signal ?? request?.signal;
  const end = () => ended.abort(outside?.reason);
  if (outside?.aborted) end();
  outside?.addEventListener("abort", end, { signal: ended.signal });
  const get = async (name: string, place: URL) => {
    const bytes = await download(name, place, { ...request, signal: ended.signal }, onProgress);
    expectFile(name, place, bytes);
    return [name, bytes] as const;
  };
  const beside = (name: string) => {
    const place = urlOf(name, base);
    place.search = base.search;
    return [name, place] as const;
  };
  const all = (places: readonly (readonly [string, URL])[]) =>
    Promise.all(places.map(([name, place]) => get(name, place)));
  try {
    if (files) {
      const places = Array.isArray(files)
        ? files.map(beside)
        : Object.entries(files as Record<string, string>).map(([name, place]) => [name, urlOf(place, base)] as const);
      return folderOf(Object.fromEntries(await all(places)));
    }
    const config = await get(...beside(modelFiles.config));
    const others = [modelFiles.tensors, ...vocabularyIn(config[1], base)];
    return folderOf(Object.fromEntries([config, ...(await all(others.map(beside)))]));
  } finally {
    // One file that failed ends the others.
    ended.abort();
  }
}

/** The URL of a folder, with a "/" at the end of its path. @throws OptionError for what is no URL. */
function folderAt(url: string | URL): URL {
  const { location } = globalThis as { location?: { href: string } };
  const advice = location ? "" : " Outside of a page it has a beginning, such as https: or file:.";
  const base = urlOf(url, location?.href, `the URL of a folder, got ${quote(String(url))}.${advice}`);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}

/** @throws OptionError for what is no URL. */
function urlOf(
  url: string | URL,
  base: string | URL | undefined,
  expected = `the URL of a file, got ${quote(String(url))}.`,
): URL {
  try {
    return new URL(url, base);
  } catch {
    throw new OptionError(`fetchFolder: expected ${expected}`);
  }
}

async function download(
  file: string,
  place: URL,
  request: RequestInit,
  onProgress: FetchFolderOptions["onProgress"],
): Promise<Uint8Array<ArrayBuffer>> {
  const explained = (cause: unknown) => {
    if (request.signal?.aborted) throw cause;
    throw new FileError(
      `fetchFolder: ${place.href} cannot be fetched: ${(cause as Error).message}. Is the server there, and does it let this page read it (CORS)?`,
      cause,
    );
  };
  const response = await fetch(place, request).catch(explained);
  if (!response.ok) {
    throw new FileError(
      `fetchFolder: ${place.href} cannot be fetched: the server answers ${response.status} ${response.statusText}`.trimEnd() +
        `. A model folder is served as it is: put its ${file} there.`,
    );
  }
  if (!onProgress || !response.body) return new Uint8Array(await response.arrayBuffer().catch(explained));
  const length = response.headers.get("content-encoding") ? null : response.headers.get("content-length");
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read().catch(explained);
    if (done) break;
    parts.push(value);
    loaded += value.length;
    // A body that was compressed on the way has another length than its header says, and not every server lets a page see that it was.
    const total = length === null || loaded > Number(length) ? null : Number(length);
    onProgress({ file, loaded, total });
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Pages that servers and stores answer with in place of a file. @throws FileError for one of them. */
function expectFile(file: string, place: URL, bytes: Uint8Array<ArrayBuffer>): void {
  const begin = new TextDecoder().decode(bytes.subarray(0, 200)).trimStart();
  if (/^<(!doctype|html|\?xml|!--)/i.test(begin)) {
    throw new FileError(
      `fetchFolder: ${place.href} is a web page and not ${file}: many servers answer so where there is no file. Put the model folder where ` +
        "the server finds it (often a folder called public or static), and check the URL.",
    );
  }
  if (!begin.startsWith("version https://git-lfs")) return;
  throw new FileError(
    `fetchFolder: ${place.href} is the pointer that Git LFS keeps in place of ${file}: serve the file itself (git lfs pull).`,
  );
}

/** The file of the vocabulary that a config.json names. @throws FileError for what is no JSON. */
function vocabularyIn(config: Uint8Array<ArrayBuffer>, base: URL): string[] {
  const { tokenizer } = Object(parseJson(Buffer.from(config), `${base.href}${modelFiles.config}`)) as {
    tokenizer?: unknown;
  };
  const named = [modelFiles.vocabulary, modelFiles.tokenizer].find((name) => name === tokenizer);
  return named ? [named] : [];
}
