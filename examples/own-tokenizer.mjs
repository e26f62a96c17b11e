// A tokenizer of your own: the codons of a gene, three letters a token. Registered, it is saved and loaded with its model.
//
// node examples/own-tokenizer.mjs
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Corpus, InputError, LanguageModel, nativeExecutor, registerTokenizer, Trainer, WindowData } from "ostinato";

const letters = "ACGT";

class CodonTokenizer {
  kind = "codon";
  size = 64;
  special = {};

  /** Genes are written in either case, with line ends anywhere. */
  normalize(text) {
    return text.toUpperCase().replace(/\s/g, "");
  }

  encode(text) {
    const encoder = this.encoder();
    return Int32Array.from([...encoder.push(text), ...encoder.end()]);
  }

  /** Text comes in pieces, and a codon may lie across two of them: its letters wait in `rest`. */
  encoder() {
    let rest = "";
    const encoder = {
      characters: 0,
      push: (text) => {
        const codons = (rest + this.normalize(text)).match(/.{1,3}/gs) ?? [];
        rest = codons.length > 0 && codons.at(-1).length < 3 ? codons.pop() : "";
        encoder.characters += 3 * codons.length;
        return Int32Array.from(codons, idOf);
      },
      end: () => {
        if (rest !== "") throw new InputError(`CodonTokenizer: the text ends within a codon, "${rest}".`);
        return new Int32Array(0);
      },
    };
    return encoder;
  }

  decode(ids) {
    return Array.from(ids, (id) => this.token(id)).join("");
  }

  decoder() {
    return { push: (id) => this.token(id), end: () => "" };
  }

  token(id) {
    return [16, 4, 1].map((place) => letters[Math.floor(id / place) % 4]).join("");
  }

  tokenBytes(id) {
    return new TextEncoder().encode(this.token(id));
  }

  id(token) {
    return /^[ACGT]{3}$/.test(token) ? idOf(token) : undefined;
  }

  toJSON() {
    return { kind: this.kind };
  }
}

function idOf(codon) {
  const digits = [...codon].map((letter) => letters.indexOf(letter));
  if (digits.includes(-1)) throw new InputError(`CodonTokenizer: ${JSON.stringify(codon)} is no codon of ${letters}.`);
  return digits.reduce((id, digit) => 4 * id + digit, 0);
}

registerTokenizer("codon", () => new CodonTokenizer());

const tokenizer = new CodonTokenizer();
const gene = "atg gct gaa aaa ctg ttc gat taa\n".repeat(200);
const data = new WindowData(await Corpus.fromText(gene).tokenize(tokenizer), { batchSize: 4, windowLength: 16 });
const model = await LanguageModel.create({ tokenizer, cell: "gru", hiddenSize: 32, layers: 1, executor: nativeExecutor() });
await new Trainer(model, { data, epochs: 12 }).run();

const folder = mkdtempSync(join(tmpdir(), "codons-"));
await model.save(folder);
const again = await LanguageModel.load(folder, { executor: nativeExecutor() });
let text = "";
for await (const piece of again.generate({ prompt: "ATGGCT", temperature: 0, maximumLength: 6 })) text += piece;
console.log(`${again.tokenizer.constructor.name}: ATGGCT goes on with ${text}`);
rmSync(folder, { recursive: true });
