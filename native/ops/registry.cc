#include "ops/registry.h"

#include <vector>

#include "ops/families.h"

namespace ostinato {
namespace {

const std::vector<const Operation*>& catalogue() {
  static const std::vector<const Operation*>* all = [] {
    auto* list = new std::vector<const Operation*>;
    for (const Family& family :
         {attentionFamily(), cellFamily(), crossEntropyFamily(), dropoutFamily(), elementwiseFamily(), embeddingFamily(), followFamily(), gruFamily(), layerNormFamily(),
          linearFamily(), lstmFamily(), matmulFamily(), optimizerFamily(), pickFamily(), reduceFamily(), restartFamily(), rnnFamily(),
          sampleFamily(), shapeFamily(), softmaxFamily()}) {
      for (int i = 0; i < family.count; i++) list->push_back(&family.operations[i]);
    }
    return list;
  }();
  return *all;
}

}  // namespace

int64_t operationCount() { return static_cast<int64_t>(catalogue().size()); }

const Operation& operationOf(int64_t code) { return *catalogue()[static_cast<size_t>(code)]; }

}  // namespace ostinato
