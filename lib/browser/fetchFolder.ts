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
 * const model = await loadModel(await fetchFolder("./my-model"), { executor });
 * ```
 * @param url of the folder; a relative one is that of the page, in a Worker that of its script. Its query goes with every file.
 * @returns the folder's path, as `folderOf` does.
 * @throws FileError if a file cannot be fetched, or the server answers with something else.
 */
export async function fetchFolder(url: string | URL, options: FetchFolderOptions = {}): Promise<string> {
  const { files, request, signal, onProgress } = completeOptions("fetchFolder", options, rules);
  const base = folderAt(url);
  const get = async (name: string, place: URL) => {
    const bytes = await fetched(name, place, { ...request, ...(signal ? { signal } : {}) }, onProgress);
    expectFile(name, place, bytes);
    return [name, bytes] as const;
  };
  const beside = (name: string) => {
    const place = new URL(name, base);
    place.search = base.search;
    return get(name, place);
  };
  const all = async (names: readonly string[]) => Promise.all(names.map(beside));
  if (Array.isArray(files)) return folderOf(Object.fromEntries(await all(files)));
  if (files) {
    const found = Object.entries(files as Record<string, string>).map(([name, place]) =>
      get(name, new URL(place, base)),
    );
    return folderOf(Object.fromEntries(await Promise.all(found)));
  }
  const config = await beside(modelFiles.config);
  return folderOf(Object.fromEntries([config, ...(await all([modelFiles.tensors, ...vocabularyIn(config[1], base)]))]));
}

/** The URL of a folder, with a "/" at the end of its path. @throws OptionError for what is no URL. */
function folderAt(url: string | URL): URL {
  const { location } = globalThis as { location?: { href: string } };
  let base: URL;
  try {
    base = new URL(url, location?.href);
  } catch {
    const advice = location ? "" : " Outside of a page it has a beginning, such as https: or file:.";
    throw new OptionError(`fetchFolder: expected the URL of a folder, got ${quote(String(url))}.${advice}`);
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}

async function fetched(
  file: string,
  place: URL,
  request: RequestInit,
  onProgress: FetchFolderOptions["onProgress"],
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(place, request);
    if (!response.ok) {
      throw new FileError(
        `fetchFolder: ${place.href} cannot be fetched: the server answers ${response.status} ${response.statusText}`.trimEnd() +
          `. A model folder is served as it is: put its ${file} there.`,
      );
    }
    if (!onProgress || !response.body) return new Uint8Array(await response.arrayBuffer());
    return await bytesOf(response, (loaded, total) => onProgress({ file, loaded, total }));
  } catch (cause) {
    if (cause instanceof FileError || request.signal?.aborted) throw cause;
    throw new FileError(
      `fetchFolder: ${place.href} cannot be fetched: ${(cause as Error).message}. Is the server there, and does it let this page read it (CORS)?`,
      cause,
    );
  }
}

async function bytesOf(
  { body, headers }: Response,
  report: (loaded: number, total: number | null) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  // A body that was compressed on the way has another length than its header says.
  const length = headers.get("content-encoding") ? null : headers.get("content-length");
  const total = length === null ? null : Number(length);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let loaded = 0;
  for (const reader = (body as NonNullable<typeof body>).getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    loaded += value.length;
    report(loaded, total);
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
