import { CharacterAwareLanguageModel } from "../../models/characterAwareLanguageModel/characterAwareLanguageModel.js";
import { cellOf } from "../../nn/cellRegistry.js";
import { evaluateText, textPerplexity } from "../commands/evaluate.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { generate } from "../commands/generate.js";
import { inspectEmbedding } from "../commands/inspectEmbedding.js";
import { profileText } from "../commands/profile.js";
import { quantize } from "../commands/quantize.js";
import { characterAwareCommand } from "../commands/trainCharacterAware.js";
import { count, countOf } from "../print.js";
import type { CliKind } from "../verbs.js";

const describe: CliKind<CharacterAwareLanguageModel>["describe"] = ({ network: { config }, tokenizer }) =>
  `a character-aware language model with a ${config.layers}-layer ${cellOf(config.cell).title} of ${config.hiddenSize} units, ` +
  `vocabulary ${count(tokenizer.size)}, ${countOf(config.characterCount, "character")}`;

export const characterAwareLanguageModel: CliKind<CharacterAwareLanguageModel> = {
  kind: CharacterAwareLanguageModel.kind,
  train: () => [characterAwareCommand()],
  abilities: [generate, evaluateText, inspectEmbedding(describe), quantize(textPerplexity), profileText, exportOnnx],
  describe,
};
