import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { FrameSequence, FrameTableOptions, LabelledText } from "../data/index.js";
import { frameTableRules } from "../data/index.js";
import { describe, FileError, InputError, OptionError, quote } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { abortSignal, checkOption, completeOptions, either, list, nearestName, pick, table, text } from "../options.js";
import { readFrames } from "./frameFile.js";

const frameSetRules = table("FrameSet.open", {
  ...pick(frameTableRules, "sequence", "features", "separator"),
  /** Signal that stops the reading. Default: none. */
  signal: abortSignal,
});

/** Options of `FrameSet.open`. @interface */
export type FrameSetOptions = OptionsOf<typeof frameSetRules>;

const pathsRule = either(text({ as: "path" }), list(text({ as: "path" })));

/** Endings of the files of a folder that are sequences. */
const endings = ["", ".npy", ".csv", ".tsv", ".jsonl"];

/** Sequences of vectors by their names: those of files, and the files of folders. */
export class FrameSet {
  readonly #paths: readonly string[];
  readonly #folders: readonly string[];
  readonly #sequences: ReadonlyMap<string, FrameSequence>;
  readonly #tables: FrameTableOptions;

  private constructor(parts: {
    paths: readonly string[];
    folders: readonly string[];
    sequences: ReadonlyMap<string, FrameSequence>;
    tables: FrameTableOptions;
  }) {
    if (!(parts?.sequences instanceof Map)) throw new OptionError("FrameSet: use await FrameSet.open(path).");
    this.#paths = parts.paths;
    this.#folders = parts.folders;
    this.#sequences = parts.sequences;
    this.#tables = parts.tables;
  }

  /**
   * Sequences of one place or of several: files that `readFrames` reads, a sequence without a name being called as its file; and folders whose files
   * are a sequence each, found by their names with or without the ending.
   * @throws FileError for a file that cannot be read, or two sequences of one name.
   */
  static async open(paths: string | readonly string[], options: FrameSetOptions = {}): Promise<FrameSet> {
    const { signal, ...columns } = completeOptions("FrameSet.open", options, frameSetRules);
    const places = [checkOption("FrameSet.open", "the path", paths, pathsRule)].flat();
    const tables = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
    const folders: string[] = [];
    const sequences = new Map<string, FrameSequence>();
    for (const path of places) {
      signal?.throwIfAborted();
      if ((await stat(path).catch(() => null))?.isDirectory()) {
        folders.push(path);
        continue;
      }
      for (const sequence of await readFrames(path, isTable(path) ? tables : {})) {
        const name = sequence.name ?? basename(path);
        if (sequences.has(name)) throw new FileError(`${path}: there is another sequence called ${quote(name)}.`);
        sequences.set(name, sequence);
      }
    }
    return new FrameSet({ paths: places, folders, sequences, tables });
  }

  /** Names of the sequences in files; those of folders are not looked for. */
  get names(): string[] {
    return [...this.#sequences.keys()];
  }

  /** A sequence by its name. @param place of the name, for messages. @throws InputError if there is none. */
  async sequence(name: string, place?: string): Promise<FrameSequence> {
    checkOption("FrameSet.sequence", "the name", name, text());
    const known = this.#sequences.get(name);
    if (known) return known;
    const before = place === undefined ? "" : `${place}: `;
    const candidates = this.#folders.flatMap((folder) => endings.map((ending) => join(folder, `${name}${ending}`)));
    const file = candidates.find((path) => existsSync(path));
    if (file === undefined) {
      const nearest = nearestName(name, this.names);
      throw new InputError(
        `${before}there is no sequence ${quote(name)} in ${this.#paths.join(", ")}` +
          `${nearest === undefined ? "." : `; did you mean ${nearest}?`}`,
      );
    }
    const found = await readFrames(file, isTable(file) ? this.#tables : {});
    if (found.length === 1) return found[0] as FrameSequence;
    throw new InputError(`${before}${file} holds ${found.length} sequences: expected one.`);
  }

  /** Examples whose texts are names, with the sequences that these name. @throws InputError for one that is not here: it names the line. */
  async labelled(examples: readonly LabelledText[], options: { signal?: AbortSignal } = {}): Promise<LabelledText[]> {
    const { signal } = completeOptions("FrameSet.labelled", options, { signal: abortSignal });
    if (!Array.isArray(examples)) {
      throw new InputError(`FrameSet.labelled: expected what readLabelledTable gives, got ${describe(examples)}.`);
    }
    const found: LabelledText[] = [];
    for (const example of examples as LabelledText[]) {
      signal?.throwIfAborted();
      found.push({ ...example, sequence: await this.sequence(example?.text, example?.place) });
    }
    return found;
  }
}

function isTable(path: string): boolean {
  return !/\.(npy|safetensors)$/i.test(path);
}
