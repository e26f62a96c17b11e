// Memory that a JavaScript object keeps alive outside V8's heap. V8 is told, or it would think that an object with a
// gigabyte behind it is small and be in no hurry to collect it.
#pragma once

#include <napi.h>

namespace ostinato {

class OutsideMemory {
 public:
  void add(Napi::Env env, int64_t bytes) {
    bytes_ += bytes;
    Napi::MemoryManagement::AdjustExternalMemory(env, bytes);
  }

  // To be called once, when the object is finalised.
  void forget(Napi::Env env) { Napi::MemoryManagement::AdjustExternalMemory(env, -bytes_); }

 private:
  int64_t bytes_ = 0;
};

}  // namespace ostinato
