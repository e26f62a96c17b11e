// A search as JavaScript sees it: made once, advanced off the event loop, then read.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>

#include "binding/outside_memory.h"
#include "search/program_search.h"

namespace ostinato {

class SearchObject : public Napi::ObjectWrap<SearchObject> {
 public:
  // The state that a running advance() shares with the object, which may be collected meanwhile.
  struct Shared {
    std::unique_ptr<ProgramSearch> search;
    std::atomic<bool> busy{false};
  };

  static Napi::Function define(Napi::Env env);
  explicit SearchObject(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override { outside_.forget(env); }

 private:
  Napi::Value advance(const Napi::CallbackInfo& info);
  Napi::Value result(const Napi::CallbackInfo& info);
  void expectIdle(Napi::Env env) const;

  std::shared_ptr<Shared> shared_;
  OutsideMemory outside_;
};

}  // namespace ostinato
