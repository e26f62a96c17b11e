// The C++ runtime would spell out the type of an exception that nobody catches. Its demangler, 160 kB in each binary,
// is linked in for that line alone. The addon does without it: no exception leaves an addon, and the line then has the
// mangled name.
#if !defined(_MSC_VER)
#include <cstddef>

extern "C" char* __cxa_demangle(const char*, char*, size_t*, int* status) {
  constexpr int kNotMangled = -2;
  if (status) *status = kNotMangled;
  return nullptr;
}
#endif
