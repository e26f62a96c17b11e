// Owned memory on cache-line boundaries, zero-filled.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#if defined(_WIN32)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace ostinato {

constexpr size_t kAlignment = 64;

class AlignedMemory {
 public:
  AlignedMemory() = default;

  // Throws std::bad_alloc. Zero bytes are fine.
  explicit AlignedMemory(size_t bytes) : bytes_(bytes) {
    if (bytes == 0) return;
    // Large blocks begin on a huge page and ask for huge pages: fewer TLB misses for weights and activations.
    const size_t huge = size_t{2} << 20;
    const size_t alignment = bytes >= 2 * huge ? huge : kAlignment;
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    if (rounded < bytes) throw std::bad_alloc();
#if defined(_WIN32)
    data_ = _aligned_malloc(rounded, alignment);
#else
    data_ = std::aligned_alloc(alignment, rounded);
#endif
    if (!data_) throw std::bad_alloc();
#if defined(__linux__)
    if (alignment == huge) madvise(data_, rounded, MADV_HUGEPAGE);
#endif
    std::memset(data_, 0, rounded);
  }

  AlignedMemory(AlignedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  AlignedMemory& operator=(AlignedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  AlignedMemory(const AlignedMemory&) = delete;
  AlignedMemory& operator=(const AlignedMemory&) = delete;

  ~AlignedMemory() {
#if defined(_WIN32)
    _aligned_free(data_);
#else
    std::free(data_);
#endif
  }

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace ostinato
