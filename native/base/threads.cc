#include "base/threads.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/thread_pool.h"

#if defined(__linux__)
#include <sched.h>

#include <cstdio>
#endif

namespace ostinato {
namespace {

// CPUs that the operating system and the container let this process use.
int usableCpus() {
  int cpus = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
  if (FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r")) {
    long long quota = 0, period = 0;
    if (std::fscanf(file, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0) {
      cpus = std::min(cpus, static_cast<int>((quota + period - 1) / period));
    }
    std::fclose(file);
  }
#endif
  return std::clamp(cpus, 1, kMaxThreads);
}

}  // namespace

void yieldThread() { std::this_thread::yield(); }

int defaultThreads() {
  const char* text = std::getenv("OSTINATO_NUM_THREADS");
  const int wanted = text ? threadsNamed(text) : 0;
  return wanted > 0 ? wanted : usableCpus();
}

bool startThread(void (*work)(void*, int), void* context, int index) {
  try {
    std::thread(work, context, index).detach();
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

struct Sleepers::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<int> count{0};
};

Sleepers::Sleepers() : state_(new State) {}

void Sleepers::sleepWhile(const std::atomic<uint32_t>& word, uint32_t seen) {
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->count.fetch_add(1);
  state_->changed.wait(lock, [&] { return word.load() != seen; });
  state_->count.fetch_sub(1);
}

void Sleepers::wake(const std::atomic<uint32_t>&) {
  if (state_->count.load() == 0) return;
  std::lock_guard<std::mutex> lock(state_->mutex);
  state_->changed.notify_all();
}

}  // namespace ostinato
