// Digests of what small trainings, searches and generations compute, to compare two states of the code: node scripts/bits.mjs --help
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brotliDecompressSync } from "node:zlib";

const help = `node scripts/bits.mjs [options] > digests.txt
  --only TEXT     rows whose name contains it
  --updates N     updates of each training (20)

Trains each recipe's configuration on a few pages of Moby Dick, by the native executor in each precision, and, made small, by the
reference; then evaluates, writes and searches. A row holds digests of the weights, of the losses, and of the texts. Rows of two
states of the code that differ in a digest differ in a bit; rows of different machines may. Build first: npm run setup.
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    updates: { type: "string", default: "20" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const words = (text) => text.split(" ").filter((word) => word !== "");
const adam = words("--optimizer adam --learning-rate 0.002 --schedule cosine");
const zaremba = words(
  "--tokenizer word --cell lstm --layers 2 --forget-bias 0 --reduction sequence --optimizer sgd --learning-rate 1",
);
/** Each recipe's configuration: the verb, its options, and what makes it small enough for the reference. */
const recipes = {
  "zaremba-small": {
    verb: "lm",
    options: [
      ...zaremba,
      ...words(
        "--hidden-size 200 --embedding-size 200 --initializer uniform:0.1 --batch-size 20 --window-length 20 --schedule step --decay-start 4 --decay-factor 0.5",
      ),
    ],
  },
  "zaremba-medium": {
    verb: "lm",
    options: [
      ...zaremba,
      ...words(
        "--hidden-size 650 --embedding-size 650 --dropout 0.5 --initializer uniform:0.05 --batch-size 20 --window-length 35 --schedule step --decay-start 6 --decay-factor 0.8333333333",
      ),
    ],
  },
  "tiny-shakespeare": {
    verb: "lm",
    options: [
      ...words(
        "--tokenizer character --cell lstm --layers 2 --hidden-size 512 --embedding-size 64 --dropout 0.5 --batch-size 32 --window-length 64 --clip-norm 1",
      ),
      ...adam,
    ],
  },
  "korean-characters": {
    verb: "lm",
    options: [
      ...words(
        "--tokenizer character --unknown --cell lstm --layers 2 --hidden-size 512 --embedding-size 256 --dropout 0.5 --batch-size 32 --window-length 64 --clip-norm 1",
      ),
      ...adam,
    ],
  },
  "gru-lines": {
    verb: "lm",
    options: [
      ...words(
        "--tokenizer character --sentences --cell gru --reset before --hidden-size 128 --embedding-size 32 --batch-size 16 --layer-norm",
      ),
      ...adam,
    ],
  },
  "rnn-tied": {
    verb: "lm",
    options: [
      ...words(
        "--tokenizer byte --cell rnn --hidden-size 64 --embedding-size 64 --tied --batch-size 16 --window-length 16",
      ),
      ...adam,
    ],
  },
  cmudict: {
    verb: "transliterate",
    options: [
      ...words("--cell lstm --layers 2 --hidden-size 256 --dropout 0.3 --batch-size 32 --decay-floor 0.02 --warmup 5"),
      ...adam,
    ],
  },
  multi30k: {
    verb: "translate",
    options: [
      ...words(
        "--tokenizer subword --vocabulary 600 --cell gru --hidden-size 512 --encoder-size 256 --embedding-size 256 --attention additive --attend before --tied --dropout 0.4 --batch-size 32 --clip-norm 1 --decay-floor 0.02 --warmup 5",
      ),
      ...adam,
    ],
  },
  "multi30k-without-attention": {
    verb: "translate",
    options: [
      ...words(
        "--tokenizer subword --vocabulary 600 --cell gru --hidden-size 256 --attention none --tied --dropout 0.4 --batch-size 32 --clip-norm 1",
      ),
      ...adam,
    ],
  },
  "korean-chat": {
    verb: "translate",
    options: [
      ...words(
        "--tokenizer subword --vocabulary 600 --cell gru --hidden-size 256 --embedding-size 128 --attend before --tied --dropout 0.4 --batch-size 32",
      ),
      ...adam,
    ],
  },
  tatoeba: {
    verb: "translate",
    options: [
      ...words(
        "--source-tokenizer word --target-tokenizer character --cell gru --hidden-size 256 --embedding-size 128 --attend before --dropout 0.3 --batch-size 32 --long skip",
      ),
      ...adam,
    ],
  },
  luong: {
    verb: "translate",
    options: [
      ...words(
        "--tokenizer word --cell lstm --layers 2 --hidden-size 64 --attention general --attend after --input-feeding --teacher-forcing 0.75 --batch-size 32",
      ),
      ...adam,
    ],
  },
};
const small = {
  lm: words("--hidden-size 12 --embedding-size 12 --batch-size 4"),
  pairs: words("--hidden-size 12 --embedding-size 12 --encoder-size 12 --batch-size 8"),
};

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ostinato-bits-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const ostinato = (...args) =>
  execFileSync(process.execPath, [join(root, "dist/packed/main.js"), ...args], {
    cwd: folder,
    env: { ...process.env, OSTINATO_NUM_THREADS: "2", NO_COLOR: "1" },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
const digest = (...parts) =>
  parts
    .reduce((hash, part) => hash.update(part), createHash("sha256"))
    .digest("hex")
    .slice(0, 12);

/** Digest of a file's tensors, by name: what else its header says may change. */
function tensorsOf(file) {
  const bytes = readFileSync(join(folder, file));
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(bytes.subarray(8, begin));
  const parts = Object.entries(tensors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(
      ([
        name,
        {
          data_offsets: [from, to],
        },
      ]) => [name, bytes.subarray(begin + from, begin + to)],
    );
  return digest(...parts);
}

const novel = brotliDecompressSync(readFileSync(join(root, "dist/moby-dick.txt.br"))).toString("utf8");
const chapter = novel.slice(40_000, 100_000);
writeFileSync(join(folder, "text.txt"), chapter);
const lines = chapter
  .split("\n")
  .map((line) => line.replaceAll("\t", " ").trim())
  .filter((line) => line.length > 20 && line.length < 70);
const reversed = (line) => line.split(" ").reverse().join(" ");
writeFileSync(join(folder, "pairs.tsv"), lines.map((line) => `${line}\t${reversed(line)}\n`).join(""));
const sources = lines.slice(0, 4);

const executors = [
  ...["highest", "high", "medium"].map((precision) => ({
    name: `native ${precision}`,
    flags: ["--matmul-precision", precision],
  })),
  { name: "reference", flags: ["--executor", "reference"], reduced: true },
];
for (const [name, { verb, options }] of Object.entries(recipes)) {
  for (const executor of executors) {
    const row = `${name} ${executor.name}`;
    if (!row.includes(values.only)) continue;
    const isLM = verb === "lm";
    const model = row.replaceAll(" ", "-");
    const data = isLM ? "text.txt" : "pairs.tsv";
    const updates = executor.reduced ? "5" : values.updates;
    const reduced = executor.reduced ? small[isLM ? "lm" : "pairs"] : [];
    ostinato(
      "train",
      verb,
      data,
      ...options,
      ...reduced,
      "--maximum-steps",
      updates,
      "--seed",
      "3",
      ...executor.flags,
      "--out",
      model,
    );
    const weights = tensorsOf(join(model, "model.safetensors"));
    const training = tensorsOf(join(model, "trainer.safetensors"));
    const loss = digest(ostinato("evaluate", model, data, ...executor.flags));
    const texts = isLM
      ? [
          ostinato("generate", model, "--maximum-length", "60", "--seed", "5", "--count", "3", ...executor.flags),
          ostinato("generate", model, "--maximum-length", "30", "--beams", "4", "--n-best", "2", ...executor.flags),
        ]
      : [
          ostinato("translate", model, ...sources, "--beams", "4", "--n-best", "2", "--scores", ...executor.flags),
          ostinato("translate", model, ...sources, "--temperature", "1", "--seed", "5", ...executor.flags),
        ];
    process.stdout.write(
      `${row}: weights ${weights} training ${training} loss ${loss} texts ${texts.map((text) => digest(text)).join(" ")}\n`,
    );
    rmSync(join(folder, model), { recursive: true });
  }
}
