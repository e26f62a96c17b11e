import { expect, test, vi } from "vitest";
import type { Printer } from "../../lib/cli/print.js";
import { tokenizerFor } from "../../lib/cli/tokenizers.js";
import type { SubwordProgress } from "../../lib/data/index.js";
import { Corpus, SubwordTokenizer } from "../../lib/data/index.js";

test("subwords that take long to learn are told of after two seconds, and then every ten", async () => {
  const notes: string[] = [];
  const print = { note: (...parts: string[]) => void notes.push(parts.join("")) } as unknown as Printer;
  const sizes: unknown[] = [];
  const learns = vi.spyOn(SubwordTokenizer, "fromCorpus").mockImplementation(async (_corpus, options) => {
    sizes.push(options?.size);
    const at = (step: SubwordProgress["step"], seconds: number) =>
      options?.onProgress?.({ step, characters: 1_234_567, seconds });
    at("reading", 5);
    for (const seconds of [0.5, 1.9, 2.4, 3, 12.3, 12.6, 22, 22.7]) at("merging", seconds);
    throw new Error("enough");
  });
  const { signal } = new AbortController();
  const made = tokenizerFor({ tokenizer: "subword" }, Corpus.fromText("a", "a"), { signal, print });
  await expect(made).rejects.toThrow("enough");
  learns.mockRestore();
  expect(sizes).toEqual([8000]);
  expect(notes).toEqual(
    [2, 13, 23].map((seconds) => `learning 8,000 subwords from 1,234,567 characters, for ${seconds} s`),
  );
});
