import { once } from "node:events";
import { createGzip } from "node:zlib";
import type { SentenceMarks, Tokenizer } from "../../data/index.js";
import { OptionError, quote } from "../../errors.js";
import { writeFileAtomically } from "../../formats/index.js";
import type { NgramTableReader } from "./ngramTableReader.js";

/** Characters that are written at a time. */
const pieceLength = 2 ** 18;

/** Names that the form keeps for marks and for words that a vocabulary lacks. */
const kept = ["<s>", "</s>", "<unk>", "<UNK>"];

/**
 * Writes a table as an ARPA file, compressed by gzip where the name ends in .gz.
 * @throws OptionError for a token that the form cannot name. @throws FileError if the file cannot be written.
 */
export async function writeArpaFile(
  file: string,
  table: NgramTableReader,
  { tokenizer, marks, signal }: { tokenizer: Tokenizer; marks: SentenceMarks; signal: AbortSignal | undefined },
): Promise<void> {
  const names = Array.from({ length: table.count(1) }, (_, id) => nameOf(tokenizer, id, marks));
  const pieces = arpaOf(table, names, marks);
  await writeFileAtomically(file, async (sink) => {
    if (!/\.gz$/i.test(file)) {
      for (const piece of pieces) {
        signal?.throwIfAborted();
        await sink.append(Buffer.from(piece));
      }
      return;
    }
    const gzip = createGzip();
    const written = (async () => {
      for await (const chunk of gzip) await sink.append(chunk as Buffer);
    })();
    for (const piece of pieces) {
      signal?.throwIfAborted();
      if (!gzip.write(piece)) await Promise.race([once(gzip, "drain"), written]);
    }
    gzip.end();
    await written;
  });
}

/** The text of the file, piece by piece. The mark of a sentence's ends is `<s>` where an n-gram begins with it, else `</s>`. */
function* arpaOf(
  table: NgramTableReader,
  names: readonly string[],
  { begin, end }: SentenceMarks,
): Generator<string, void, undefined> {
  const one = begin === end;
  let text = "\\data\\\n";
  for (let k = 1; k <= table.order; k++) text += `ngram ${k}=${table.count(k) + (k === 1 && one ? 1 : 0)}\n`;
  for (let k = 1; k <= table.order; k++) {
    text += `\n\\${k}-grams:\n`;
    for (const { words, probability, backoff } of table.ngrams(k)) {
      const weight = backoff === null ? "" : `\t${figure(backoff)}`;
      if (k === 1 && words[0] === begin) {
        text += `-99\t<s>${weight}\n`;
        if (one) text += `${figure(probability)}\t</s>${backoff === null ? "" : "\t0"}\n`;
      } else {
        const [first, ...others] = words as [number, ...number[]];
        const name = first === begin ? "<s>" : names[first];
        text += `${figure(probability)}\t${[name, ...others.map((id) => names[id])].join(" ")}${weight}\n`;
      }
      if (text.length < pieceLength) continue;
      yield text;
      text = "";
    }
  }
  yield `${text}\n\\end\\\n`;
}

function nameOf(tokenizer: Tokenizer, id: number, { begin, end }: SentenceMarks): string {
  if (id === end) return "</s>";
  if (id === begin) return "<s>";
  if (id === tokenizer.special.unknown) return "<unk>";
  const name = tokenizer.token(id);
  if (name !== "" && !/\s/.test(name) && !kept.includes(name)) return name;
  const reason = kept.includes(name) ? "keeps that name for itself" : "separates words by spaces";
  throw new OptionError(
    `writeArpa: the vocabulary has the token ${quote(name)}, and ARPA's form ${reason}. Train from a text without it.`,
  );
}

/** A natural logarithm as one of base 10. */
function figure(value: number): string {
  const ten = value / Math.LN10;
  return ten <= -98.99 ? "-99" : String(Number(ten.toPrecision(8)));
}
