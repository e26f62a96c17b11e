// Program as JavaScript sees it: loaded once, run off the event loop.
#pragma once

#include <napi.h>

#include <memory>

#include "binding/outside_memory.h"
#include "runtime/program.h"

namespace ostinato {

class ProgramObject : public Napi::ObjectWrap<ProgramObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ProgramObject(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override { outside_.forget(env); }
  // The Program that a JavaScript value wraps. Throws TypeError for anything else, whatever its prototype says.
  static std::shared_ptr<Program> from(const Napi::Value& value);

 private:
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value replay(const Napi::CallbackInfo& info);
  // Takes the store, copies the feeds in and sends the work off.
  Napi::Value start(const Napi::Value& feeds, bool check, const Replay* replay);

  std::shared_ptr<Program> program_;
  OutsideMemory outside_;
};

}  // namespace ostinato
