// A communicator as JavaScript sees it: one rank of a distributed training.
#pragma once

#include <napi.h>

#include <memory>

#include "communication/communicator.h"

namespace ostinato {

class CommunicatorObject : public Napi::ObjectWrap<CommunicatorObject> {
 public:
  static Napi::Function define(Napi::Env env);
  // Seats of ranks that are threads of this process, to make communicators of: threadGroup(size, milliseconds).
  static Napi::Value threadGroup(const Napi::CallbackInfo& info);
  explicit CommunicatorObject(const Napi::CallbackInfo& info);
  // The communicator that a JavaScript value wraps. Throws TypeError for anything else.
  static std::shared_ptr<Communicator> from(const Napi::Value& value);

 private:
  Napi::Value open(const Napi::CallbackInfo& info);
  Napi::Value gather(const Napi::CallbackInfo& info);
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  std::shared_ptr<Communicator> communicator_;
};

}  // namespace ostinato
