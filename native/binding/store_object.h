// Store as JavaScript sees it.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/outside_memory.h"
#include "runtime/store.h"

namespace ostinato {

class StoreObject : public Napi::ObjectWrap<StoreObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit StoreObject(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override { outside_.forget(env); }
  // The Store that a JavaScript value wraps. Throws TypeError for anything else, whatever its prototype says.
  static std::shared_ptr<Store> from(const Napi::Value& value);

 private:
  Napi::Value declare(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value write(const Napi::CallbackInfo& info);
  Napi::Value map(const Napi::CallbackInfo& info);
  Napi::Value compact(const Napi::CallbackInfo& info);
  void copy(const Napi::CallbackInfo& info, bool write);

  std::shared_ptr<Store> store_ = std::make_shared<Store>();
  OutsideMemory outside_;
};

}  // namespace ostinato
