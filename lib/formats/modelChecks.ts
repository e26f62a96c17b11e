import { join } from "node:path";
import { describe, FileError, quote } from "../errors.js";
import type { ConfigFile } from "./configFile.js";
import type { ParameterShape } from "./folderKind.js";
import { jsonDigest } from "./jsonFile.js";
import { modelFiles } from "./modelFiles.js";
import { scaleName } from "./quantizedTensors.js";
import type { SafetensorsHeader } from "./safetensors.js";
import { shapeText } from "./safetensorsHeader.js";

/** model.safetensors has the digests of the two other files that it was written with. */
export function expectSameOrigin(
  folder: string,
  { metadata }: SafetensorsHeader,
  { configFile, json }: { configFile: ConfigFile; json: unknown },
): void {
  const { tokenizer } = configFile;
  const pairs = [
    { name: modelFiles.config, expected: metadata.config, digest: jsonDigest(configFile) },
    ...(tokenizer ? [{ name: tokenizer, expected: metadata.tokenizer, digest: jsonDigest(json) }] : []),
  ];
  for (const { name, expected, digest } of pairs) {
    if (expected === undefined || expected === digest) continue;
    throw new FileError(
      `${join(folder, name)} does not belong to ${modelFiles.tensors} beside it: one of them was changed or replaced ` +
        "after the model was saved. Copy the whole folder again from where it came.",
    );
  }
}

/** Types of tensors that weights are read from. */
const floatTypes: readonly string[] = ["F32", "F64", "BF16", "F16", "F8_E4M3", "F8_E5M2"];

/**
 * Every layer has tensors of its own, so a count of layers is at most that of the tensors. To be asked before the layers are made.
 * @param counts options that count layers.
 */
export function expectCounts(
  { file, entries }: { file: string } & Pick<SafetensorsHeader, "entries">,
  config: Record<string, unknown>,
  counts: readonly string[],
): void {
  for (const name of counts) {
    const count = config[name];
    if (typeof count !== "number" || count <= entries.length) continue;
    throw new FileError(
      `${file} does not fit ${modelFiles.config}: there are ${count} ${name}, and the file has only ${entries.length} tensors. ` +
        "The files are of different models; copy the whole folder again from where it came.",
    );
  }
}

/** The tensors of the file are the parameters of the configured model, no more and no fewer. */
export function expectTensors(
  file: string,
  { entries }: SafetensorsHeader,
  parameters: Iterable<ParameterShape>,
): void {
  const unread = new Map(entries.map((entry) => [entry.name, entry]));
  for (const { name, shape, dtype = "f32" } of parameters) {
    const entry = unread.get(name);
    unread.delete(name);
    const got = entry ? `${entry.type} ${shapeText(entry.shape)}` : "none";
    const fits = entry && entry.shape.join() === shape.join();
    if (fits && (dtype === "f32" ? floatTypes.includes(entry.type) : entry.type === "I32")) continue;
    if (fits && dtype === "f32" && entry.type === "I8" && shape.length === 2) {
      const scales = unread.get(scaleName(name));
      unread.delete(scaleName(name));
      if (scales?.type === "F32" && scales.shape.join() === String(shape[0])) continue;
    }
    throw new FileError(
      `${file} does not fit ${modelFiles.config}: expected tensor ${quote(name)} of ${dtype.toUpperCase()} ${shapeText(shape)}, got ${got}. ` +
        "The files are of different models; copy the whole folder again from where it came.",
    );
  }
  const [extra] = unread.keys();
  if (extra === undefined) return;
  throw new FileError(
    `${file} does not fit ${modelFiles.config}: tensor ${quote(extra)} has no place in that model. ` +
      "The files are of different models; copy the whole folder again from where it came.",
  );
}

/** The vocabularies have as many tokens as the model expects. @param sizes by the options that say them. */
export function expectVocabularySizes(
  folder: string,
  { config, tokenizer: name = modelFiles.vocabulary }: ConfigFile,
  sizes: Readonly<Record<string, number>>,
): void {
  for (const [option, size] of Object.entries(sizes)) {
    const expected = config[option];
    if (expected === undefined || expected === size) continue;
    throw new FileError(
      `${join(folder, name)} has ${size} tokens, but the model has ${describe(expected)}: it is the ` +
        "vocabulary of another model. Copy the whole folder again from where it came.",
    );
  }
}
