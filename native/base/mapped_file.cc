#include "base/mapped_file.h"

#if defined(__unix__) || defined(__APPLE__)

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>

namespace ostinato {
namespace {

// Pages of a mapping, for a handler that may take no lock. begin is 0 where there is none.
struct Slot {
  std::atomic<uintptr_t> begin{0}, end{0};
  std::atomic<bool> isBroken{false};
};

constexpr int kMostMappings = 64;
Slot slots[kMostMappings];
std::mutex changing;
struct sigaction former;

uintptr_t pageSize() {
  static const uintptr_t size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// Puts zeros in place of all pages from `at` on. Returns whether they are ours.
bool fillWithZeros(uintptr_t at) {
  for (Slot& slot : slots) {
    const uintptr_t begin = slot.begin, end = slot.end;
    if (begin == 0 || at < begin || at >= end) continue;
    const uintptr_t page = at / pageSize() * pageSize();
    void* pages = mmap(reinterpret_cast<void*>(page), end - page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
    slot.isBroken = true;
    return pages != MAP_FAILED;
  }
  return false;
}

void onBusError(int signal, siginfo_t* info, void* context) {
  const int before = errno;
  const bool isOurs = fillWithZeros(reinterpret_cast<uintptr_t>(info->si_addr));
  errno = before;
  if (isOurs) return;
  if (former.sa_flags & SA_SIGINFO) {
    former.sa_sigaction(signal, info, context);
  } else if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) {
    former.sa_handler(signal);
  } else {
    // The same look again, and what the system does then.
    sigaction(SIGBUS, &former, nullptr);
  }
}

bool isHandlerThere() {
  static const bool isThere = [] {
    pageSize();
    struct sigaction own = {};
    own.sa_sigaction = onBusError;
    own.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&own.sa_mask);
    return sigaction(SIGBUS, &own, &former) == 0;
  }();
  return isThere;
}

}  // namespace

MappedFile::MappedFile(int file, int64_t begin, int64_t bytes) {
  struct stat status;
  if (begin < 0 || bytes < 1 || fstat(file, &status) != 0 || begin > status.st_size - bytes || !isHandlerThere())
    return;
  const std::lock_guard lock(changing);
  int free = 0;
  while (free < kMostMappings && slots[free].begin != 0) free++;
  if (free == kMostMappings) return;
  const int64_t before = begin % static_cast<int64_t>(pageSize());
  const size_t length = static_cast<size_t>(before + bytes);
  // To write to it copies a page, so that no op of a program can end the process.
  void* pages = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, begin - before);
  if (pages == MAP_FAILED) return;
  const uintptr_t address = reinterpret_cast<uintptr_t>(pages);
  slots[free].isBroken = false;
  slots[free].end = (address + length + pageSize() - 1) / pageSize() * pageSize();
  slots[free].begin = address;
  slot_ = free;
  data_ = static_cast<char*>(pages) + before;
}

MappedFile::~MappedFile() {
  if (slot_ < 0) return;
  const std::lock_guard lock(changing);
  const uintptr_t begin = slots[slot_].begin;
  const size_t length = slots[slot_].end - begin;
  munmap(reinterpret_cast<void*>(begin), length);
  slots[slot_].begin = 0;
}

bool MappedFile::isBroken() const { return slot_ >= 0 && slots[slot_].isBroken; }

}  // namespace ostinato

#else

namespace ostinato {

MappedFile::MappedFile(int, int64_t, int64_t) {}
MappedFile::~MappedFile() {}
bool MappedFile::isBroken() const { return false; }

}  // namespace ostinato

#endif
