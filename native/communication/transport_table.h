// A transport as a table of C functions, for one that is built and loaded apart from the addon (native/mpi).
#pragma once

#include <cstdint>

#include "communication/transport.h"

namespace ostinato {

struct TransportTable {
  static constexpr int kVersion = 1;
  // The type tag of the External that leads to a table.
  static constexpr uint64_t kTag[] = {0x6f7374696e61746f, 0x7472616e73706f72};

  int version;
  // Texts are errors; null: done. They live until the next call.
  const char* (*open)(int* rank, int* size);
  // As Transport::exchange; stops when `stopped` says so, and when a rank is silent for `seconds`.
  const char* (*exchange)(const Piece* out, const Piece* in, double seconds, int (*stopped)(void*), void* context);
  // As Transport::beat.
  const char* (*beat)(double seconds);
  void (*close)(int broken);
};

}  // namespace ostinato
