import type { TaggedSentence } from "./taggedSentences.js";

/**
 * Whether tags are of IOB1 (Ramshaw & Marcus 1995), as in the files of CoNLL-2003: I-X begins a span, and B-X only one that follows another
 * of its type at once. Tags that are right in BIO too are not.
 */
export function isIob1(sentences: readonly Pick<TaggedSentence, "tags">[]): boolean {
  let begins = false;
  for (const { tags } of sentences) {
    for (const [t, tag] of tags.entries()) {
      if (tag === "O") continue;
      if (!/^[BI]-./s.test(tag)) return false;
      if (tags[t - 1]?.slice(2) === tag.slice(2)) continue;
      if (tag[0] === "B") return false;
      begins = true;
    }
  }
  return begins;
}
