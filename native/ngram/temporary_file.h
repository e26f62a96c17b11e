// A file without a name, which is gone when it is closed or the process ends in whatever way.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace ostinato {

class TemporaryFile {
 public:
  // Throws std::system_error if there can be none in the folder. Windows has its own folder for them.
  explicit TemporaryFile(const std::string& folder);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  // Bytes that were appended.
  int64_t size() const { return size_; }
  // Throws std::system_error if the disk is full.
  void append(const void* bytes, size_t count);
  // Bytes that were appended, from `begin` on. Throws std::system_error.
  void read(int64_t begin, void* bytes, size_t count);

 private:
  void expect(bool done) const;
  void seek(int64_t place);

  std::string folder_;
  std::FILE* file_ = nullptr;
  int64_t size_ = 0;
  // Where the next read or write begins; -1 after one that failed.
  int64_t place_ = 0;
  bool writing_ = true;
};

}  // namespace ostinato
