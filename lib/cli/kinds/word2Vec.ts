import { Word2Vec } from "../../models/word2vec/word2vec.js";
import { evaluateVectors, vectorAgreement } from "../commands/evaluateVectors.js";
import { exportVectors } from "../commands/exportVectors.js";
import { inspectVectors } from "../commands/inspectVectors.js";
import { mapWords } from "../commands/map.js";
import { analogy, neighbours } from "../commands/neighbours.js";
import { quantize } from "../commands/quantize.js";
import { vectorsCommand } from "../commands/trainVectors.js";
import type { CliKind } from "../verbs.js";
import { describeWordVectors } from "../writeVectorReport.js";

export const word2Vec: CliKind<Word2Vec> = {
  kind: Word2Vec.kind,
  train: () => [vectorsCommand()],
  abilities: [neighbours, analogy, evaluateVectors, inspectVectors, mapWords, quantize(vectorAgreement), exportVectors],
  describe: describeWordVectors,
};
