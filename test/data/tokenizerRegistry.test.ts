import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ByteTokenizer, registerTokenizer, tokenizerFromJSON } from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";
import { LanguageModel, ReferenceExecutor } from "../../lib/index.js";

class Bytes extends ByteTokenizer {
  constructor(override readonly kind: never) {
    super();
  }
  override toJSON() {
    return { kind: this.kind, version: 1 };
  }
}
const bytes = (kind: string) => new Bytes(kind as never);

test("a folder with a tokenizer of one's own loads once its kind is registered, and says so before", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-registry-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const executor = new ReferenceExecutor({ precision: "float32" });
  const model = await LanguageModel.create({ tokenizer: bytes("mine"), hiddenSize: 4, layers: 1, executor });
  await model.save(folder);
  await expect(LanguageModel.load(folder, { executor })).rejects.toThrow(
    /got kind "mine".*registerTokenizer\(kind, fromJSON\)/,
  );
  registerTokenizer("mine", ({ kind }) => bytes(kind as string));
  const { tokenizer } = await LanguageModel.load(folder, { executor });
  expect(tokenizer).toBeInstanceOf(Bytes);
});

test("a maker that refuses what a file holds is an error that names the kind, whatever it throws", () => {
  registerTokenizer("picky", () => {
    throw new TypeError("version 2 is unknown");
  });
  expect(() => tokenizerFromJSON({ kind: "picky" })).toThrow('The tokenizer of kind "picky": version 2 is unknown');
  registerTokenizer("curt", () => {
    throw "version 2 is unknown";
  });
  expect(() => tokenizerFromJSON({ kind: "curt" })).toThrow('The tokenizer of kind "curt": version 2 is unknown');
});

test("a kind has one maker", () => {
  const maker = () => bytes("once");
  registerTokenizer("once", maker);
  registerTokenizer("once", maker);
  for (const [kind, other] of [
    ["once", () => bytes("once")],
    ["word", maker],
    ["pair", maker],
    ["", maker],
    ["new", {}],
  ]) {
    expect(() => registerTokenizer(kind as string, other as typeof maker)).toThrow(OptionError);
  }
});
