import { Vocabulary, WordTokenizer } from "../../data/index.js";
import { FileError, quote } from "../../errors.js";
import { ArpaFile } from "../../formats/index.js";
import { mostOrder } from "./network.js";
import { NgramCounter } from "./ngramCounter.js";
import type { TrainedNgrams } from "./train.js";

/** The marks of an ARPA file, and the words of a WordTokenizer for them: one mark both begins and ends a sentence. */
const marks = new Map([
  ["<s>", "<eos>"],
  ["</s>", "<eos>"],
  ["<unk>", "<unk>"],
  ["<UNK>", "<unk>"],
]);

/** n-grams that are handed over at a time. */
const atOnce = 2 ** 16;

/**
 * A model from a file in ARPA's form.
 * @throws FileError for a file that cannot be read, is cut short or is none: it names the line.
 */
export async function readArpa(file: string, signal: AbortSignal | undefined): Promise<TrainedNgrams> {
  const arpa = await ArpaFile.open(file, { signal });
  try {
    if (arpa.sizes.length > mostOrder)
      throw arpa.wrong(`expected at most ${mostOrder} orders, got ${arpa.sizes.length}`);
    const { words, ...unigrams } = await readWords(arpa);
    const tokenizer = new WordTokenizer(new Vocabulary([...words.keys()]));
    const counter = new NgramCounter(words.size, null, signal);
    counter.addNgrams(1, unigrams);
    for (let order = 2; order <= arpa.sizes.length; order++) await readNgrams(arpa, order, { words, counter });
    await arpa.end();
    const { table, counts } = await counter.pack();
    const config = { vocabularySize: words.size, counts, smoothing: "arpa" as const, sentences: true };
    return { table, config, tokenizer, notes: [] };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code !== "ERR_OSTINATO_INPUT") throw error;
    throw new FileError(`${file} cannot be used: ${message}`, error);
  } finally {
    await arpa.close();
  }
}

/** The words of the vocabulary with their ids. `<s>` and `</s>` are one: the first has the back-off weight, the second the probability. */
async function readWords(arpa: ArpaFile) {
  const words = new Map<string, number>([["<eos>", 0]]);
  const probabilities = [-99 * Math.LN10];
  const backoffs = [0];
  const seen = new Set<string>();
  for await (const { words: own, probability, backoff } of arpa.ngrams(1)) {
    const written = own[0] as string;
    if (written === "<eos>") throw arpa.wrong(`"<eos>" is what </s> is called here: give that word another name`);
    const word = marks.get(written) ?? written;
    const isMark = word === "<eos>";
    if (seen.has(written) || (words.has(word) && !isMark)) throw arpa.wrong(`${quote(written)} comes twice`);
    seen.add(written);
    const id = words.get(word) ?? words.size;
    words.set(word, id);
    if (written !== "<s>") probabilities[id] = probability;
    if (written !== "</s>") backoffs[id] = backoff;
  }
  return {
    words,
    ids: Int32Array.from(words.values()),
    probabilities: Float32Array.from(probabilities),
    backoffs: Float32Array.from(backoffs),
  };
}

async function readNgrams(
  arpa: ArpaFile,
  order: number,
  { words, counter }: { words: ReadonlyMap<string, number>; counter: NgramCounter },
): Promise<void> {
  let [ids, probabilities, backoffs]: [number[], number[], number[]] = [[], [], []];
  const flush = () => {
    counter.addNgrams(order, {
      ids: Int32Array.from(ids),
      probabilities: Float32Array.from(probabilities),
      backoffs: Float32Array.from(backoffs),
    });
    [ids, probabilities, backoffs] = [[], [], []];
  };
  for await (const entry of arpa.ngrams(order)) {
    for (const written of entry.words) {
      const id = words.get(marks.get(written) ?? written);
      if (id === undefined) throw arpa.wrong(`${quote(written)} is not among the 1-grams`);
      ids.push(id);
    }
    probabilities.push(entry.probability);
    // Nothing goes on after the end of a sentence, whatever a file says.
    backoffs.push(entry.words.at(-1) === "</s>" ? 0 : entry.backoff);
    if (probabilities.length === atOnce) flush();
  }
  flush();
}
