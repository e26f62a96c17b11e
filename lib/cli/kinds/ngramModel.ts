import { NgramModel } from "../../models/ngramModel/ngramModel.js";
import { arpa } from "../commands/arpa.js";
import { evaluateNgrams } from "../commands/evaluateNgrams.js";
import { generateNgrams } from "../commands/generateNgrams.js";
import { inspectNgrams } from "../commands/inspectNgrams.js";
import { describeNgramModel, ngramCommand } from "../commands/trainNgram.js";
import type { CliKind } from "../verbs.js";

export const ngramModel: CliKind<NgramModel> = {
  kind: NgramModel.kind,
  train: () => [ngramCommand()],
  abilities: [generateNgrams, evaluateNgrams, inspectNgrams, arpa],
  describe: describeNgramModel,
};
