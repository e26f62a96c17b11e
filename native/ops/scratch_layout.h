#pragma once

#include <cstddef>
#include <cstdint>

namespace ostinato {

// Hands out pieces of an op's scratch memory. With a null base it only counts: all pieces are then the same 64 bytes,
// which nothing reads, so that questions of size see which optional buffers there will be.
class ScratchLayout {
 public:
  explicit ScratchLayout(void* base) : base_(static_cast<char*>(base)) {}
  float* floats(int64_t n) { return array<float>(n); }
  int32_t* ints(int64_t n) { return array<int32_t>(n); }
  template <class T>
  T* array(int64_t n) {
    return static_cast<T*>(bytes(static_cast<size_t>(n) * sizeof(T)));
  }
  void* bytes(size_t n) {
    alignas(64) static char nowhere[64];
    void* piece = base_ ? base_ + used_ : nowhere;
    used_ += (n + 63) / 64 * 64;
    return piece;
  }
  size_t used() const { return used_; }

 private:
  char* base_;
  size_t used_ = 0;
};

}  // namespace ostinato
