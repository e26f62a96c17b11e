import { randomNumbers } from "./randomText.js";
import type { Settings } from "./subwordSettings.js";
import { models, normalizers, numbered, preTokenizers } from "./subwordSettings.js";

const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** Added tokens of all kinds. Their ids follow the vocabulary. */
const addedKinds = [
  { ...flags, content: "<s>" },
  { ...flags, content: "</s>" },
  { ...flags, content: "<mask>", lstrip: true },
  { ...flags, content: "cat", special: false, normalized: true, single_word: true },
  { ...flags, content: "Token", special: false, normalized: true },
  { ...flags, content: "[MASK]", rstrip: true },
  { ...flags, content: "the", special: false, single_word: true },
  { ...flags, content: "  ", special: false },
  { ...flags, content: "<s><s>" },
  { ...flags, content: "quick", special: false, lstrip: true },
];

/** A tokenizer.json of these parts, with added tokens of all kinds. */
export function jsonOf(parts: {
  model: object;
  normalizer?: object | null;
  pre_tokenizer?: object | null;
  decoder?: object | null;
  added?: number;
}): object {
  const {
    model,
    normalizer = null,
    pre_tokenizer = null,
    decoder = null,
    added = (1 << addedKinds.length) - 1,
  } = parts;
  const { vocab } = model as { vocab: object };
  const known = Array.isArray(vocab) ? numbered(vocab.map(([token]) => token)) : (vocab as Record<string, number>);
  let next = Array.isArray(vocab) ? vocab.length : Object.keys(vocab).length;
  const added_tokens = addedKinds
    .filter((_, i) => (added >> i) & 1)
    .map((token) => ({ id: known[token.content] ?? next++, ...token }));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens,
    normalizer,
    pre_tokenizer,
    post_processor: null,
    decoder,
    model,
  };
}

/** Settings drawn from all tables, with up to two normalizers and two pre-tokenizers. */
export function randomSettings(seed: number): object {
  const random = randomNumbers(seed);
  const one = (table: Settings) => Object.values(table)[random(Object.keys(table).length)] as object;
  const several = (table: Settings, name: string) => {
    const parts = Array.from({ length: random(3) }, () => one(table));
    return parts.length < 2 ? (parts[0] ?? null) : { type: "Sequence", [name]: parts };
  };
  return jsonOf({
    model: one(models),
    normalizer: several(normalizers, "normalizers"),
    pre_tokenizer: several(preTokenizers, "pretokenizers"),
    added: random(1 << addedKinds.length),
  });
}
