import { FileError, quote } from "../errors.js";
import type { Parameter } from "../nn/parameter.js";
import type { LanguageModelConfig } from "./languageModel/network.js";
import { LanguageModelNetwork } from "./languageModel/network.js";
import type { Seq2SeqConfig } from "./seq2seq/config.js";
import { Seq2SeqNetwork } from "./seq2seq/network.js";

/** The network of a model folder's class and configuration. @throws FileError for a class that this version does not have. */
export function networkOf(model: string, config: Record<string, unknown>): { parameters: readonly Parameter[] } {
  if (model === "LanguageModel") return new LanguageModelNetwork(config as unknown as LanguageModelConfig);
  if (model === "Seq2Seq") return new Seq2SeqNetwork(config as unknown as Seq2SeqConfig);
  throw new FileError(
    `This Ostinato knows LanguageModel and Seq2Seq, and the folder holds a ${quote(model)}. Update Ostinato.`,
  );
}
