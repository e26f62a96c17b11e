import { describe, InputError } from "../errors.js";
import type { Completed, OptionsOf } from "../options.js";
import { completeOptions, option, optional, table, word } from "../options.js";
import { ConllFile, conllFormats } from "./conll.js";
import { columnRule } from "./table.js";
import { readTextFile } from "./textFile.js";

/** A sentence with a tag for each of its tokens. */
export interface TaggedSentence {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
  /** The file that it stands in, and the line of each token, for messages. */
  readonly file?: string;
  readonly lines?: readonly number[];
}

/** How files with a token in each line are read. */
export const conllRules = table("readTaggedSentences", {
  /** Form of the files. Default: conllu where the name ends so, or the lines look so, else conll. */
  format: option(optional(word(conllFormats)), { flag: "--form" }),
  /** Column of the tokens: its number from 1, or its name (CoNLL-U: form). Default: 1, or form. */
  token: option(optional(columnRule), { flag: "--token-column" }),
  /** Column of the tags: its number from 1, or its name (CoNLL-U: upos, xpos ...). Default: the last, or upos. */
  tag: option(optional(columnRule), { flag: "--tag-column" }),
});

/** Options of `readTaggedSentences`. @interface */
export type TaggedSentencesOptions = OptionsOf<typeof conllRules>;

/**
 * Reads sentences and their tags from a file in CoNLL's form or in CoNLL-U's: a token in each line, an empty line after a sentence.
 * @throws InputError if the file is empty, not UTF-8 or has no sentences, or a line lacks a column: it names the line.
 *   OptionError for a column that the file does not have.
 */
export async function readTaggedSentences(
  file: string,
  options: TaggedSentencesOptions = {},
): Promise<TaggedSentence[]> {
  const complete = completeOptions("readTaggedSentences", options, conllRules);
  const conll = new ConllFile(file, complete);
  const sentences: TaggedSentence[] = [];
  let index = -1;
  for await (const { tokens } of conll.sentences(readTextFile(file, { keepReturns: true }))) {
    const [first] = tokens;
    if (!first) continue;
    if (index < 0) index = tagColumn(conll, first.cells.length, complete);
    sentences.push({
      tokens: tokens.map(({ text }) => text),
      tags: tokens.map((token) => conll.cell(token, index)),
      file,
      lines: tokens.map(({ line }) => line),
    });
  }
  if (sentences.length === 0) throw new InputError(`${file} has no sentences.`);
  return sentences;
}

/** The index of the column of tags. */
export function tagColumn(conll: ConllFile, columns: number, { tag }: Completed<typeof conllRules>): number {
  return conll.columnIndex(tag ?? (conll.format === "conllu" ? "upos" : Math.max(columns, 2)));
}

/** The place of a token in messages: "train.conll, line 12". */
export function tokenPlace({ file, lines }: TaggedSentence, t: number, at: { index: number; count: number }): string {
  const line = lines?.[t];
  if (file !== undefined && line !== undefined) return `${file}, line ${line}`;
  return `sentence ${at.index + 1} of ${at.count}, token ${t + 1}`;
}

/** @throws InputError unless it is a list of sentences whose tokens all have a tag. */
export function expectTagged(owner: string, sentences: readonly TaggedSentence[]): void {
  if (!Array.isArray(sentences)) {
    throw new InputError(`${owner}: expected a list of { tokens, tags }, got ${describe(sentences)}.`);
  }
  const count = sentences.length;
  for (const [index, sentence] of sentences.entries()) {
    const { tokens, tags } = (sentence ?? {}) as Partial<TaggedSentence>;
    const place = `sentence ${index + 1} of ${count}`;
    expectTokens(`${owner}: ${place}`, tokens as readonly string[]);
    const areTags = Array.isArray(tags) && Array.from(tags).every((tag) => typeof tag === "string" && tag !== "");
    if (areTags && tags.length === (tokens as readonly string[]).length) continue;
    throw new InputError(
      `${owner}: expected ${place} to have a tag for each of its ${(tokens as readonly string[]).length} tokens, got ${describe(tags)}.`,
    );
  }
}

/** @throws InputError unless it is a list of tokens, none of them empty. */
export function expectTokens(owner: string, tokens: readonly string[]): void {
  const isToken = (token: unknown) => typeof token === "string" && token !== "";
  if (Array.isArray(tokens) && tokens.length > 0 && Array.from(tokens).every(isToken)) return;
  throw new InputError(`${owner}: expected a list of tokens, texts that are not empty, got ${describe(tokens)}.`);
}
