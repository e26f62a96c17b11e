// Files as memory, also those that are cut short while they are read.
#include "base/mapped_file.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "doctest/doctest.h"

#if defined(__unix__) || defined(__APPLE__)

#include <fcntl.h>
#include <unistd.h>

using namespace ostinato;

namespace {

constexpr int64_t kBytes = 100'000;

// A file of bytes i % 251, without a name.
struct File {
  int descriptor;
  File() {
    char name[] = "/tmp/ostinato-mapped-XXXXXX";
    descriptor = mkstemp(name);
    REQUIRE(descriptor >= 0);
    unlink(name);
    std::vector<char> bytes(kBytes);
    for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<char>(i % 251);
    REQUIRE(write(descriptor, bytes.data(), bytes.size()) == kBytes);
  }
  ~File() { close(descriptor); }
};

unsigned char at(const MappedFile& file, int64_t i) {
  return static_cast<const volatile unsigned char*>(file.data())[i];
}

}  // namespace

TEST_CASE(
    "a part of a file is there from any byte on, also when the file is closed, and keeps to itself what is written") {
  for (const int64_t begin : {0, 1, 100, 4096, 5000}) {
    MappedFile mapped;
    {
      File file;
      mapped = MappedFile(file.descriptor, begin, kBytes - begin);
      REQUIRE(mapped.data());
      static_cast<unsigned char*>(mapped.data())[1] = 255;
      const MappedFile other(file.descriptor, begin, kBytes - begin);
      CHECK(at(other, 1) == (begin + 1) % 251);
    }
    CHECK(at(mapped, 1) == 255);
    for (int64_t i = 2; i < kBytes - begin; i += 97) REQUIRE(at(mapped, i) == (begin + i) % 251);
    CHECK(!mapped.isBroken());
  }
}

TEST_CASE("a part that goes beyond the file, and what is no file, cannot be had") {
  const File file;
  CHECK(!MappedFile(file.descriptor, 0, kBytes + 1).data());
  CHECK(!MappedFile(file.descriptor, kBytes, 1).data());
  CHECK(!MappedFile(file.descriptor, -1, 10).data());
  CHECK(!MappedFile(file.descriptor, INT64_MAX, 10).data());
  CHECK(!MappedFile(-1, 0, 1).data());
}

TEST_CASE("where a file is cut short zeros are read, and the part is broken") {
  const File file, whole;
  const MappedFile mapped(file.descriptor, 10, kBytes - 10), other(whole.descriptor, 0, kBytes);
  REQUIRE(at(mapped, kBytes - 11) == (kBytes - 1) % 251);
  REQUIRE(ftruncate(file.descriptor, 5000) == 0);
  CHECK(!mapped.isBroken());
  CHECK(at(mapped, 50'000) == 0);
  CHECK(mapped.isBroken());
  CHECK(at(mapped, kBytes - 11) == 0);
  CHECK(at(mapped, 0) == 10);
  CHECK(at(other, kBytes - 1) == (kBytes - 1) % 251);
  CHECK(!other.isBroken());
}

TEST_CASE("many parts can be had, one after the other and some at a time") {
  const File file;
  for (int i = 0; i < 200; i++) REQUIRE(MappedFile(file.descriptor, 0, kBytes).data());
  std::vector<MappedFile> all(100);
  int count = 0;
  for (MappedFile& one : all) {
    one = MappedFile(file.descriptor, 0, kBytes);
    count += one.data() != nullptr;
  }
  CHECK(count >= 60);
  CHECK(count < 100);
  all.clear();
  CHECK(MappedFile(file.descriptor, 0, kBytes).data());
}

#endif
