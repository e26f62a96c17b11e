// In a binary for glibc and musl (OSTINATO_EVERY_LIBC): strerror_r, which is the one function of both that they have
// under one name with two types. glibc's returns the text and musl's a number, which the C++ library, compiled for
// glibc, would take for an address.
#if defined(OSTINATO_EVERY_LIBC)
#include <cstddef>

// POSIX's strerror_r, by the name that it has in both.
extern "C" int __xpg_strerror_r(int error, char* text, size_t size) noexcept;

extern "C" char* strerror_r(int error, char* text, size_t size) noexcept {
  if (size > 0) text[0] = '\0';
  __xpg_strerror_r(error, text, size);
  return text;
}
#endif
