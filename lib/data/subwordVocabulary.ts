import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { FileError, InputError } from "../errors.js";
import type { Completed, OptionsOf } from "../options.js";
import { abortSignal, callback, completeOptions, option, optional, table, text, value } from "../options.js";
import { byteLetters } from "./byteLetters.js";
import { lastNormalizationBoundary } from "./characters.js";
import { LongWords } from "./longWords.js";
import { Segmenter } from "./segmenter.js";

/** Options of learning a subword vocabulary. @interface */
export type SubwordOptions = OptionsOf<typeof rules>;

/** Progress of learning a vocabulary of subwords. */
export interface SubwordProgress {
  readonly step: "reading" | "merging";
  /** Code units of the text that have been read. */
  readonly characters: number;
  /** Time since the step began. */
  readonly seconds: number;
}

type Merge = readonly [left: string, right: string];

const who = "SubwordTokenizer";
const specialTokens = ["<unk>", "<s>", "</s>"];
const smallestSize = specialTokens.length + 256;

/** The library's own limit, which its binding for Node does not let one change. */
const largestSize = 30_000;

/**
 * Line ends on their own; then GPT-2's words (Radford et al. 2019): letters, digits or other signs with the space in front
 * of them, written as the letters that stand for their bytes.
 */
const preTokenizer = {
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { String: "\n" }, behavior: "Isolated", invert: false },
    { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
  ],
};

/**
 * Byte-pair encoding (Sennrich et al. 2016) over bytes, learnt by Hugging Face's library in Rust.
 *
 * Bytes, because nothing is unknown then and any text comes back as it was. It costs nothing: of 8,000 tokens as many
 * are needed for held-out German (Multi30k) and Korean (KAIST, NSMC) as with characters, to within 1.5 %, because
 * rare syllables need no entry of their own. The text is brought to NFC.
 *
 * The library learns in a process of its own: it blocks its thread for seconds, a worker thread cannot be stopped while it
 * does, and it writes its progress to the terminal.
 *
 * @returns the content of a tokenizer.json: ids 0..2 special tokens, 3..258 the bytes, then the merges, first learnt first.
 * The same text and size give the same, and a smaller size the beginning of it.
 * @throws OptionError for a size out of range, InputError if the text is empty, FileError without the library.
 */
export async function learnSubwords(
  corpus: { pieces(): AsyncIterable<string> },
  options: SubwordOptions,
  library = "tokenizers",
): Promise<object> {
  const { size, signal, temporaryFolder = tmpdir(), onProgress } = completeOptions(who, options, rules);
  const libraryFile = findLibrary(library);
  signal?.throwIfAborted();
  const folder = await mkdtemp(join(temporaryFolder, "ostinato-subwords-")).catch((cause: Error) => {
    throw new FileError(`${who}: no temporary folder in ${temporaryFolder}: ${cause.message}`, cause);
  });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    const file = join(folder, "text.txt");
    const characters = await writeText(file, corpus, { signal, onProgress });
    const learnt = join(folder, "learnt.json");
    const begun = performance.now();
    const report = () => onProgress?.({ step: "merging", characters, seconds: secondsSince(begun) });
    report();
    const clock = setInterval(report, 1000);
    const merges = await learnMerges({ libraryFile, text: file, learnt, signal }).finally(() => clearInterval(clock));
    return tokenizerJson(merges, size);
  } finally {
    process.off("exit", remove);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const rules = table("SubwordTokenizer", {
  /**
   * V, with the 256 bytes and the special tokens <unk>, <s>, </s>: 259 to 30,000. A text that has no more to merge gives
   * a smaller vocabulary.
   */
  size: option(
    value<number>(
      `a whole number of at least ${smallestSize}, the 256 bytes and ${specialTokens.length} special tokens, and at most ` +
        `${largestSize}, which is what the library "tokenizers" learns (for more, pass a tokenizer.json made elsewhere)`,
      (size) => Number.isInteger(size) && (size as number) >= smallestSize && (size as number) <= largestSize,
    ),
    { aka: ["vocab", "vocab_size", "vocabulary_size"] },
  ),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
  /** Where a copy of the text goes while it is learnt from. Default: the system's folder for temporary files (TMPDIR). */
  temporaryFolder: optional(text()),
  /** Called while the text is read, and once a second while pairs are merged. Default: none. */
  onProgress: callback<(progress: SubwordProgress) => void>(),
});

function findLibrary(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new FileError(missingLibrary, cause);
  }
}

const missingLibrary =
  `${who}: learning subwords needs the npm package "tokenizers", which is not installed for this system. ` +
  "Run npm install tokenizers, or pass a tokenizer.json.";

function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1000;
}

/**
 * Writes the text for the library to read, and gives its length. Special tokens are left out: they are tokens already, with
 * nothing to merge.
 */
async function writeText(
  file: string,
  corpus: { pieces(): AsyncIterable<string> },
  { signal, onProgress }: Pick<Completed<typeof rules>, "signal" | "onProgress">,
): Promise<number> {
  const special = new RegExp(specialTokens.join("|"), "gu");
  const segmenter = new Segmenter(lastCut);
  const longWords = new LongWords();
  const begun = performance.now();
  const handle = await open(file, "wx", 0o600);
  try {
    let characters = 0;
    const write = async (segment: string) => {
      const written = longWords.part(segment.normalize("NFC").replaceAll(special, "\n"));
      await handle.appendFile(written).catch((cause: Error) => {
        throw new FileError(`${who}: could not write the text to ${file}: ${cause.message}`, cause);
      });
    };
    for await (const piece of corpus.pieces()) {
      signal?.throwIfAborted();
      await write(segmenter.push(piece));
      characters += piece.length;
      onProgress?.({ step: "reading", characters, seconds: secondsSince(begun) });
    }
    await write(segmenter.end());
    if (characters === 0) throw new InputError(`${who}: the text is empty, so there are no subwords to learn.`);
    return characters;
  } finally {
    await handle.close();
  }
}

/** The last place where a text may be cut, for NFC and for what is, or may become, a special token. */
function lastCut(text: string): number {
  const longest = Math.max(...specialTokens.map((token) => token.length));
  const opening = text.lastIndexOf("<");
  return opening >= 0 && text.length - opening <= longest ? opening : lastNormalizationBoundary(text);
}

/** Runs in a process of its own, with nothing of ours loaded. */
const script = `
const [, library, empty, text, learnt] = process.argv;
const tokenizer = require(library).Tokenizer.fromString(empty);
tokenizer.train([text]);
tokenizer.save(learnt, false);
`;

async function learnMerges(paths: {
  libraryFile: string;
  text: string;
  learnt: string;
  signal: AbortSignal | undefined;
}): Promise<Merge[]> {
  const { libraryFile, text, learnt, signal } = paths;
  const empty = JSON.stringify(tokenizerContent({ vocab: {}, merges: [] }));
  const abort = signal ? { signal } : {};
  try {
    const values = ["-e", script, libraryFile, empty, text, learnt];
    await promisify(execFile)(process.execPath, values, { ...abort, killSignal: "SIGKILL", windowsHide: true });
    const { model } = JSON.parse(await readFile(learnt, "utf8")) as { model: { merges: Merge[] } };
    return model.merges;
  } catch (cause) {
    signal?.throwIfAborted();
    const { stderr = "", signal: killedBy } = cause as { stderr?: string; signal?: string | null };
    if (/Cannot find (native binding|module)|Failed to load native binding/u.test(stderr)) {
      throw new FileError(missingLibrary, cause);
    }
    const reason = killedBy ? `was ended by ${killedBy}` : `failed: ${lastErrorLine(stderr, cause as Error)}`;
    throw new FileError(`${who}: the library "tokenizers", which learns subwords, ${reason}.`, cause);
  }
}

function lastErrorLine(stderr: string, error: Error): string {
  return /^\w*Error: (.*)$/mu.exec(stderr)?.[1] ?? error.message.split("\n")[0] ?? "";
}

/** The first merges, as many as give the vocabulary `size` tokens. */
function tokenizerJson(learnt: readonly Merge[], size: number): object {
  const tokens = new Set([...specialTokens, ...byteLetters]);
  const merges: Merge[] = [];
  for (const merge of learnt) {
    const token = merge.join("");
    // Two merges may make the same token: a+bc and ab+c.
    if (tokens.size >= size && !tokens.has(token)) break;
    tokens.add(token);
    merges.push(merge);
  }
  const flags = { special: true, normalized: false, single_word: false, lstrip: false, rstrip: false };
  return {
    ...tokenizerContent({ vocab: Object.fromEntries([...tokens].map((token, id) => [token, id])), merges }),
    added_tokens: specialTokens.map((content, id) => ({ id, content, ...flags })),
    normalizer: { type: "NFC" },
  };
}

function tokenizerContent(learnt: { vocab: Record<string, number>; merges: Merge[] }) {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [] as object[],
    normalizer: null as object | null,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: "BPE", unk_token: specialTokens[0], ...learnt },
  };
}
