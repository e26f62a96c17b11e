// Owned memory on cache-line boundaries, zero-filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace ostinato {

constexpr size_t kAlignment = 64;

class AlignedMemory {
 public:
  AlignedMemory() = default;

  // Throws std::bad_alloc. Zero bytes are fine. Large blocks cost nothing until they are written: calloc gets zero
  // pages from the system and does not touch them, so that declaring a large variable does not hold the event loop.
  explicit AlignedMemory(size_t bytes) : bytes_(bytes) {
    if (bytes == 0) return;
    // Large blocks begin on a huge page and ask for huge pages: fewer TLB misses for weights and activations.
    const size_t huge = size_t{2} << 20;
    const size_t alignment = bytes >= 2 * huge ? huge : kAlignment;
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    if (rounded < bytes || rounded + alignment < rounded) throw std::bad_alloc();
    block_ = std::calloc(1, rounded + alignment);
    if (!block_) throw std::bad_alloc();
    const uintptr_t begin = reinterpret_cast<uintptr_t>(block_);
    data_ = reinterpret_cast<void*>((begin + alignment - 1) / alignment * alignment);
#if defined(__linux__)
    if (alignment == huge) madvise(data_, rounded, MADV_HUGEPAGE);
#endif
  }

  AlignedMemory(AlignedMemory&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  AlignedMemory& operator=(AlignedMemory&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  AlignedMemory(const AlignedMemory&) = delete;
  AlignedMemory& operator=(const AlignedMemory&) = delete;

  ~AlignedMemory() { std::free(block_); }

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  // As calloc gave it; data_ is the first aligned address in it.
  void* block_ = nullptr;
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace ostinato
