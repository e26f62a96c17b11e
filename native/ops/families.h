// Every family of ops: one array of Operations, defined in native/ops/<family>.cc.
#pragma once

#include "ops/operation.h"

namespace ostinato {

struct Family {
  const Operation* operations;
  int count;
};

Family attentionFamily();
Family cellFamily();
Family crossEntropyFamily();
Family dropoutFamily();
Family elementwiseFamily();
Family embeddingFamily();
Family followFamily();
Family gruFamily();
Family layerNormFamily();
Family linearFamily();
Family lstmFamily();
Family matmulFamily();
Family optimizerFamily();
Family pickFamily();
Family reduceFamily();
Family restartFamily();
Family rnnFamily();
Family sampleFamily();
Family shapeFamily();
Family softmaxFamily();

}  // namespace ostinato
