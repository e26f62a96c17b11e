import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveTrainerState } from "../../dist/formats/index.js";
import {
  ByteTokenizer,
  CharacterTokenizer,
  LanguageModel,
  Seq2Seq,
  SubwordTokenizer,
  TokenizerPair,
  TransformerSeq2Seq,
  WordTokenizer,
} from "../../dist/index.js";
import { ReferenceExecutor } from "../../dist/reference.js";
import { otherFiles, otherKinds } from "./kindSeeds.mjs";
import { newTrainer, trainingModel } from "./training.mjs";

const executor = new ReferenceExecutor();
const text = "ab cd\nabc d\n";

/** The files that mutants are made of: small folders, written by our own code. The same bytes at every call. */
export async function makeSeeds() {
  const tokenizer = CharacterTokenizer.fromText(text, { unknown: true });
  const model = (options) => LanguageModel.create({ executor, layers: 1, hiddenSize: 3, ...options });
  const small = await model({ tokenizer, cell: "gru" });
  await small.quantize("int8");
  const half = await model({ tokenizer: new ByteTokenizer(), cell: "rnn", hiddenSize: 2, activation: "relu" });
  await half.quantize("bfloat16");
  const subwords = new SubwordTokenizer(bytePairs());
  const pair = new TokenizerPair(tokenizer, WordTokenizer.fromText(text), { reversed: true });
  const pairs = { tokenizer: pair, executor, hiddenSize: 3, seed: 1 };
  const others = {};
  for (const [name, other] of Object.entries(await otherKinds(executor)))
    others[name] = { files: await filesOf(other) };
  for (const [name, files] of Object.entries(await otherFiles())) others[name] = { files };
  return new Map(
    Object.entries({
      "gru, characters": { files: await filesOf(await model({ tokenizer, cell: "gru" })) },
      "lstm, words, two layers": {
        files: await filesOf(
          await model({
            ...{ tokenizer: WordTokenizer.fromText(text), layers: 2, tied: true, layerNorm: true, embeddingSize: 2 },
            ...{ connections: "dense", initializer: "uniform:0.2", sentences: true },
          }),
        ),
      },
      "gru, subwords": { files: await filesOf(await model({ tokenizer: subwords, cell: "gru" })) },
      "gru, int8": { files: await filesOf(small) },
      "rnn, bytes, bfloat16": { files: await filesOf(half) },
      "pairs, attention": { files: await filesOf(await Seq2Seq.create(pairs)) },
      "pairs, transformer": {
        files: await filesOf(await TransformerSeq2Seq.create({ ...pairs, hiddenSize: 4, heads: 2, encoderLayers: 1 })),
      },
      "pairs, one table": {
        files: await filesOf(
          await Seq2Seq.create({
            ...{ ...pairs, tokenizer: new TokenizerPair(tokenizer, tokenizer), cell: "gru", attention: "none" },
            ...{ context: "every", sharedEmbedding: true, bidirectional: false, decoderLayers: 2 },
          }),
        ),
      },
      training: { files: await training() },
      "tokenizer of byte pairs": { files: { "tokenizer.json": json(bytePairs()) } },
      "tokenizer of word pieces": { files: { "tokenizer.json": json(wordPieces()) } },
      "tokenizer of unigrams": { files: { "tokenizer.json": json(unigrams()) } },
      ...others,
    }),
  );
}

async function filesOf(model) {
  return inFolder((folder) => model.save(join(folder, "model")));
}

/** The files that `make` writes into the folder "model". */
async function inFolder(make) {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-seed-"));
  await make(folder);
  const model = join(folder, "model");
  const files = Object.fromEntries(
    readdirSync(model)
      .sort()
      .map((name) => [name, readFileSync(join(model, name))]),
  );
  rmSync(folder, { recursive: true });
  return files;
}

/** A training after an epoch, its clocks at a certain time. */
async function training() {
  return inFolder(async (folder) => {
    const model = join(folder, "model");
    const trainer = newTrainer(await trainingModel(executor), model);
    await trainer.run();
    const { loadTrainerState } = await import("../../dist/formats/index.js");
    const { tensors, state } = await loadTrainerState(model);
    const points = state.curve.points.map((point) => ({ ...point, tokensPerSecond: 1000, seconds: point.step / 10 }));
    const history = { steps: points, validations: state.validations, samples: state.samples, seconds: 2 };
    await saveTrainerState(
      model,
      { tensors, state: { ...state, seconds: 2, curve: { ...state.curve, points } } },
      history,
    );
    const record = { train: ["text.txt"], validation: ["held.txt"] };
    writeFileSync(
      join(model, "training.json"),
      json({
        ...{ format: "ostinato-training", formatVersion: 1, command: "lm", files: record },
        options: { hidden: 3, layers: 1, cell: "gru", sentences: false, tokenizer: "character" },
      }),
    );
  });
}

function json(value) {
  return Buffer.from(JSON.stringify(value, null, 2));
}

const common = { version: "1.0", truncation: null, padding: null, post_processor: null };

function added(contents) {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return contents.map((content, id) => ({ id, content, ...flags }));
}

function vocabularyOf(tokens) {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

function bytePairs() {
  const letters = [..."abcdĊĠ"];
  const merges = ["a b", "ab c", "Ġ d"];
  const tokens = ["<unk>", "<s>", "</s>", ...letters, ...merges.map((merge) => merge.replace(" ", ""))];
  return {
    ...common,
    added_tokens: added(["<unk>", "<s>", "</s>"]),
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { String: "\n" }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: "BPE", unk_token: "<unk>", vocab: vocabularyOf(tokens), merges },
  };
}

function wordPieces() {
  const tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ab", "##c", "cd", "d", "a", "##b"];
  return {
    ...common,
    added_tokens: added(["[PAD]", "[UNK]", "[CLS]", "[SEP]"]),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      ...{ type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
      vocab: vocabularyOf(tokens),
    },
  };
}

function unigrams() {
  return {
    ...common,
    added_tokens: added(["<unk>", "</s>"]),
    normalizer: {
      type: "Sequence",
      normalizers: [{ type: "NFKC" }, { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }],
    },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    model: {
      ...{ type: "Unigram", unk_id: 0, byte_fallback: false },
      vocab: [
        ["<unk>", 0],
        ["</s>", 0],
        ["▁", -2],
        ["▁ab", -1],
        ["c", -2.5],
        ["d", -2],
        ["a", -3],
        ["b", -3],
      ],
    },
  };
}
