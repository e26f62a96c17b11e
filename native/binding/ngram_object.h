// The making of tables of n-grams as JavaScript sees it: of a text that is added, counted once, and estimated from as
// often as wanted; of n-grams with their probabilities; or of a table that is there, by pruning. Everything but adding
// works on a thread of libuv.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>
#include <optional>

#include "ngram/count_parts.h"
#include "ngram/ngram_counts.h"
#include "ngram/ngram_packer.h"
#include "ngram/ngram_text.h"

namespace ostinato {

class NgramObject : public Napi::ObjectWrap<NgramObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit NgramObject(const Napi::CallbackInfo& info);

  // The part that the work shares with the object, which may be collected meanwhile.
  struct State {
    State(int64_t V, SentenceIds marks) : text(V, marks), heldOut(V, marks), packer(V) {}

    NgramText text, heldOut;
    // Parts of the text that were counted already, n-grams of `partsOrder` words and less; null if all of it is here.
    std::unique_ptr<CountParts> parts;
    int partsOrder = 0;
    std::optional<NgramCounts> counts;
    NgramPacker packer;
    std::vector<int32_t> table;
    std::atomic<bool> stop{false}, busy{false};
  };

 private:
  Napi::Value add(const Napi::CallbackInfo& info);
  Napi::Value addNgrams(const Napi::CallbackInfo& info);
  Napi::Value pack(const Napi::CallbackInfo& info);
  Napi::Value countPart(const Napi::CallbackInfo& info);
  Napi::Value count(const Napi::CallbackInfo& info);
  Napi::Value weights(const Napi::CallbackInfo& info);
  Napi::Value estimate(const Napi::CallbackInfo& info);
  Napi::Value prune(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value append(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);
  void expectIdle(Napi::Env env) const;
  void expectCountable(Napi::Env env, int order) const;

  std::shared_ptr<State> state_;
};

}  // namespace ostinato
