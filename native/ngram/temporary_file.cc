#include "ngram/temporary_file.h"

#include <cerrno>
#include <system_error>
#include <vector>

#if !defined(_WIN32)
#include <unistd.h>

#include <cstdlib>
#endif

namespace ostinato {

TemporaryFile::TemporaryFile(const std::string& folder) : folder_(folder) {
#if defined(_WIN32)
  file_ = std::tmpfile();
#else
  std::string name = folder + "/ostinato-XXXXXX";
  const int descriptor = mkstemp(name.data());
  expect(descriptor >= 0);
  // Without a name, nobody has to remember to remove it.
  unlink(name.c_str());
  file_ = fdopen(descriptor, "w+b");
  if (!file_) close(descriptor);
#endif
  expect(file_ != nullptr);
}

TemporaryFile::~TemporaryFile() {
  if (file_) std::fclose(file_);
}

void TemporaryFile::append(const void* bytes, size_t count) {
  if (!writing_) seek(size_);
  writing_ = true;
  expect(std::fwrite(bytes, 1, count, file_) == count);
  size_ += static_cast<int64_t>(count);
}

void TemporaryFile::read(int64_t begin, void* bytes, size_t count) {
  if (writing_ || place_ != begin) seek(begin);
  writing_ = false;
  expect(std::fread(bytes, 1, count, file_) == count);
  place_ = begin + static_cast<int64_t>(count);
}

void TemporaryFile::seek(int64_t place) {
  // Seeking writes what is buffered, so that a full disk is noticed here at the latest.
#if defined(_WIN32)
  expect(_fseeki64(file_, place, SEEK_SET) == 0);
#else
  expect(fseeko(file_, place, SEEK_SET) == 0);
#endif
  place_ = place;
}

void TemporaryFile::expect(bool done) const {
  if (done) return;
  throw std::system_error(errno, std::generic_category(), "no temporary file can be kept in " + folder_);
}

}  // namespace ostinato
