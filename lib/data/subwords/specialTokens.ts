import { InputError } from "../../errors.js";
import { nearestName } from "../../options.js";
import type { SpecialTokens } from "../tokenizer.js";
import type { AddedToken } from "./addedTokens.js";
import type { Component } from "./component.js";

/** The tokens with a meaning of their own, as a file writes them; null where there is to be none. */
export type SpecialTokenNames = { readonly [Meaning in keyof SpecialTokens]?: string | null };

type Meaning = keyof SpecialTokens;

/** Usual names of beginnings, ends and padding. */
const usualNames: Readonly<Record<Exclude<Meaning, "unknown">, readonly string[]>> = {
  endOfSentence: ["</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>", "[SEP]", "<|end▁of▁sentence|>"],
  beginOfSentence: ["<s>", "<|begin_of_text|>", "<bos>", "[CLS]", "<|begin▁of▁sentence|>"],
  padding: ["<pad>", "[PAD]", "<|pad|>", "<|▁pad▁|>"],
};

/** The parts of a tokenizer file that name its special tokens. */
interface TokenizerContent {
  readonly file: Component;
  readonly added: readonly AddedToken[];
  /** The model's unknown token. */
  readonly unknown: number | undefined;
  id(token: string): number | undefined;
}

/**
 * The special tokens of a file: as named; else the unknown token of its model, what its post-processor puts around a text, and
 * its padding token; else the one added token with `special: true` that has a usual name. Where two have one, neither counts.
 * @throws InputError if a named token is not in the vocabulary.
 */
export function specialTokens(content: TokenizerContent, names: SpecialTokenNames): SpecialTokens {
  const { unknown } = content;
  const guessed: SpecialTokens = {
    ...(unknown === undefined ? {} : { unknown }),
    ...usualTokens(content),
    ...surroundingTokens(content),
    ...paddingToken(content),
  };
  const special: { -readonly [M in Meaning]?: number } = { ...guessed };
  for (const [meaning, name] of Object.entries(names) as [Meaning, string | null][]) {
    if (name === null) delete special[meaning];
    else special[meaning] = namedToken(content, meaning, name);
  }
  return special;
}

function namedToken({ added, id }: TokenizerContent, meaning: Meaning, name: string): number {
  const token = id(name);
  if (token !== undefined) return token;
  const specials = added.filter(({ special }) => special).map(({ content }) => content);
  const nearest = nearestName(name, specials);
  const hint = nearest
    ? `did you mean ${JSON.stringify(nearest)}?`
    : `special tokens there: ${specials.slice(0, 8).join(", ")}`;
  throw new InputError(`tokenizer.json has no token ${JSON.stringify(name)} (${meaning}); ${hint}`);
}

function usualTokens({ added }: TokenizerContent): SpecialTokens {
  const special: { -readonly [M in Meaning]?: number } = {};
  for (const meaning of Object.keys(usualNames) as (keyof typeof usualNames)[]) {
    const [only, another] = added.filter(({ special, content }) => special && usualNames[meaning].includes(content));
    if (only && !another) special[meaning] = only.id;
  }
  return special;
}

/** The tokens that a post-processor puts in front of and after one text, where it is one each. */
function surroundingTokens({ file, id }: TokenizerContent): SpecialTokens {
  const processor = file.has("post_processor") ? file.child("post_processor") : null;
  const steps =
    processor?.value("type") === "Sequence" ? processor.children("processors") : processor ? [processor] : [];
  for (const step of steps) {
    const type = step.value("type");
    if (type === "BertProcessing" || type === "RobertaProcessing") {
      return withIds(id, { beginOfSentence: step.list("cls")[0], endOfSentence: step.list("sep")[0] });
    }
    if (type === "TemplateProcessing") return templateTokens(step, id);
  }
  return {};
}

function templateTokens(template: Component, id: TokenizerContent["id"]): SpecialTokens {
  const parts = template.children("single");
  const text = parts.findIndex((part) => part.has("Sequence"));
  const names = parts.map((part) => (part.has("SpecialToken") ? part.child("SpecialToken").value("id") : undefined));
  const [before, after] = [names.slice(0, text), names.slice(text + 1)];
  return withIds(id, {
    beginOfSentence: before.length === 1 ? before[0] : undefined,
    endOfSentence: after.length === 1 ? after[0] : undefined,
  });
}

function paddingToken({ file, id }: TokenizerContent): SpecialTokens {
  return file.has("padding") ? withIds(id, { padding: file.child("padding").value("pad_token") }) : {};
}

function withIds(id: TokenizerContent["id"], names: { readonly [M in Meaning]?: unknown }): SpecialTokens {
  const tokens = Object.entries(names).map(([meaning, name]) => [
    meaning,
    typeof name === "string" ? id(name) : undefined,
  ]);
  return Object.fromEntries(tokens.filter(([, token]) => token !== undefined));
}
