import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";

/** GPT-2's way to write bytes as letters: printable Latin-1 for itself, the others from U+0100 on. */
function byteLetters(): string[] {
  const own = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte < 173) || byte > 173;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(own(byte) ? byte : next++));
}

const common = { version: "1.0", truncation: null, padding: null, normalizer: null, post_processor: null };

function vocabularyOf(tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/** Small tokenizers of the usual makes, in the form of tokenizer.json. */
export const tokenizerJsons = {
  /** GPT-2, Llama 3 ...: bytes, merged within words. */
  "byte-level BPE": () => {
    const merges = ["Ġ t", "h e", "Ġt he", "Ċ Ċ", "Ġ Ġ", "q u", "w o", "r d", "wo rd"];
    const tokens = [...byteLetters(), ...merges.map((merge) => merge.replace(" ", "")), "<|endoftext|>"];
    return {
      ...common,
      added_tokens: [
        {
          id: tokens.length - 1,
          content: "<|endoftext|>",
          special: true,
          normalized: false,
          single_word: false,
          lstrip: false,
          rstrip: false,
        },
      ],
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: { type: "BPE", vocab: vocabularyOf(tokens.slice(0, -1)), merges },
    };
  },
  /** Llama 2: spaces are marks, unknown characters are bytes, and a text begins with a space. */
  "BPE with byte fallback": () => {
    const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
    const letters = [..."▁abcdefghijklmnopqrstuvwxyz각한국어"];
    const merges = ["t h", "th e", "▁ the", "▁ w", "o r", "▁w or", "▁wor d"];
    const tokens = ["<unk>", "<s>", "</s>", ...bytes, ...letters, ...merges.map((merge) => merge.replace(" ", ""))];
    return {
      ...common,
      added_tokens: [0, 1, 2].map((id) => ({
        id,
        content: tokens[id],
        special: true,
        normalized: false,
        single_word: false,
        lstrip: false,
        rstrip: false,
      })),
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Prepend", prepend: "▁" },
          { type: "Replace", pattern: { String: " " }, content: "▁" },
        ],
      },
      pre_tokenizer: null,
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: { String: "▁" }, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      model: {
        type: "BPE",
        unk_token: "<unk>",
        byte_fallback: true,
        fuse_unk: true,
        vocab: vocabularyOf(tokens),
        merges,
      },
    };
  },
  /** BERT: lower case, words cut at punctuation, pieces inside words marked by ##. */
  WordPiece: () => {
    const tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "word", "quick", "##s", "fox", ".", "br", "##own"];
    return {
      ...common,
      added_tokens: [0, 1, 2, 3].map((id) => ({
        id,
        content: tokens[id],
        special: true,
        normalized: false,
        single_word: false,
        lstrip: false,
        rstrip: false,
      })),
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
        type: "WordPiece",
        unk_token: "[UNK]",
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
        vocab: vocabularyOf(tokens),
      },
    };
  },
};

export const subwordTokenizers: Record<keyof typeof tokenizerJsons, () => SubwordTokenizer> = {
  "byte-level BPE": () => new SubwordTokenizer(tokenizerJsons["byte-level BPE"]()),
  "BPE with byte fallback": () => new SubwordTokenizer(tokenizerJsons["BPE with byte fallback"]()),
  WordPiece: () => new SubwordTokenizer(tokenizerJsons.WordPiece()),
};
