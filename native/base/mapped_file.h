// Part of a file as memory: it is read when it is looked at, by pages, and programs that map the same file share them.
// Nothing is ever written to the file: what is written to the memory stays with this process.
//
// A file that another program cuts short, or that its disk cannot read, would end the process at the next look, by
// SIGBUS. Zeros then take the place of what is missing and of all that follows, and the part is broken: whoever reads
// it has to ask afterwards.
#pragma once

#include <cstdint>
#include <utility>

namespace ostinato {

class MappedFile {
 public:
  MappedFile() = default;
  // `bytes` bytes of an open file, which may be closed afterwards, from `begin` on. Without data() where that cannot be
  // had: on Windows, of a file that is shorter, or if there are too many of them already.
  MappedFile(int file, int64_t begin, int64_t bytes);
  MappedFile(MappedFile&& other) noexcept { swap(other); }
  MappedFile& operator=(MappedFile&& other) noexcept {
    swap(other);
    return *this;
  }
  ~MappedFile();

  void* data() const { return data_; }
  // Whether a part of it could not be read. Any thread may ask.
  bool isBroken() const;

 private:
  void swap(MappedFile& other) {
    std::swap(data_, other.data_);
    std::swap(slot_, other.slot_);
  }

  void* data_ = nullptr;
  int slot_ = -1;  // where the handler of the signal knows it
};

}  // namespace ostinato
