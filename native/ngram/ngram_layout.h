// Where the numbers of a packed table of n-grams lie, in as few bits as its counts need.
//
//   word 0        kMagic          word 2   order n        words 8 .. 8+n-1   count[1..n]: n-grams of each order
//   word 1        kVersion        word 3   V
//   from word 32  level 1 to n: a record for each n-gram, whole bytes, and below n one more; up to a whole word
//                 two words that are 0, so that 8 bytes can be read anywhere
//
// A record, from its first byte on; integers stand bit after bit, the lowest first, and begin where a byte does:
//
//   probability   f32   log, in nats
//   backoff       f32   log, in nats; below order n
//   word          bits of V - 1; above order 1
//   children      bits of count[k + 1]: the first one, in the next level; below order n
//   suffix        bits of count[k - 1] - 1: the n-gram without its first word, in the level before; from order 3 to n -
//   1,
//                 as that of two words is the second of them, and that of the highest order is looked for
//
// The record after the last one only says where the children of that end.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace ostinato {

struct NgramLayout {
  static constexpr int32_t kMagic = 0x6d61676e;
  static constexpr int32_t kVersion = 2;
  static constexpr int kMaxOrder = 24;
  static constexpr int64_t kHeader = 32;

  // An integer of a record.
  struct Field {
    int32_t byte = 0, shift = 0;
    uint32_t mask = 0;

    int64_t in(const uint8_t* record) const {
      uint64_t bits;
      std::memcpy(&bits, record + byte, sizeof bits);
      return static_cast<int64_t>(bits >> shift & mask);
    }
    void set(uint8_t* record, int64_t value) const {
      uint64_t bits;
      std::memcpy(&bits, record + byte, sizeof bits);
      bits = (bits & ~(uint64_t{mask} << shift)) | static_cast<uint64_t>(value) << shift;
      std::memcpy(record + byte, &bits, sizeof bits);
    }
  };

  struct Level {
    int64_t count = 0;
    int64_t begin = 0;   // bytes from the beginning of the table
    int32_t stride = 0;  // bytes of a record
    Field word, children, suffix;
  };

  // counts[k - 1]: the n-grams of k words.
  NgramLayout() = default;
  NgramLayout(int order, const int64_t* counts) : order(order) {
    int64_t at = 4 * kHeader;
    for (int k = 1; k <= order; k++) {
      Level& level = levels[k];
      level.count = counts[k - 1];
      level.begin = at;
      const bool isContext = k < order;
      int32_t bit = isContext ? 64 : 32;
      const auto field = [&](bool there, int64_t largest) {
        if (!there) return Field{};
        const int bits = static_cast<int>(std::bit_width(static_cast<uint64_t>(largest)));
        const Field own{bit / 8, bit % 8, static_cast<uint32_t>((uint64_t{1} << bits) - 1)};
        bit += bits;
        return own;
      };
      level.word = field(k > 1, counts[0] - 1);
      level.children = field(isContext, isContext ? counts[k] : 0);
      level.suffix = field(isContext && k > 2, k > 2 ? std::max<int64_t>(counts[k - 2] - 1, 0) : 0);
      level.stride = (bit + 7) / 8;
      at += (level.stride * (level.count + isContext) + 3) / 4 * 4;
    }
    words = at / 4 + 2;
  }

  int order = 0;
  int64_t words = 0;  // of the whole table
  Level levels[kMaxOrder + 1];
};

}  // namespace ostinato
