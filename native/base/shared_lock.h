// A lock that readers share and a writer has alone; nothing at all in WebAssembly, where one thread runs programs, with
// the help of others.
#pragma once

#ifdef __wasm__

namespace ostinato {

struct SharedMutex {
  bool try_lock() { return true; }
  void unlock() {}
};

struct SharedLock {
  explicit SharedLock(SharedMutex&) {}
  ~SharedLock() {}
};

}  // namespace ostinato

#else

#include <shared_mutex>

namespace ostinato {

using SharedMutex = std::shared_mutex;
using SharedLock = std::shared_lock<std::shared_mutex>;

}  // namespace ostinato

#endif
