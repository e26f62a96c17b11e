// The one pool of threads of this process. Ops split their work with it; nothing else starts threads.
//
// Workers spin for a short while after their last work, then sleep: inside a training step the next piece comes within
// microseconds, between steps they cost nothing. The pool is never destroyed, so a process may exit while it works.
#pragma once

#include <cstdint>
#include <type_traits>

namespace ostinato {

constexpr int kMaxThreads = 256;

// The number of threads that a text says, 1 to 256; 0 if it says none.
int threadsNamed(const char* text);

class ThreadPool {
 public:
  // The pool. Its size: OSTINATO_NUM_THREADS, else the CPUs that this process may use.
  static ThreadPool& instance();

  // Threads that work, the caller's included.
  int threads() const;
  // Those that parallel() would use here: one inside a part.
  int threadsHere() const;

  // Changes the number of threads, 1 to 256. Takes effect with the next parallel().
  void setThreads(int threads);

  // Makes the calling thread worker `index`, from 0, for good: where not the pool but its host starts threads.
  void work(int index);
  // To be called for a worker that its host has torn out of a part: the job's owner aborts, as its part is not done.
  void crash();

  // Calls f(part) for each part in [0, parts) and returns when all are done. Parts may run at the same time, each
  // exactly once. f must not throw. While another run uses the pool, or from inside a part, all parts run on the
  // caller, so the result must not depend on which thread runs a part.
  template <class F>
  void parallel(int parts, F&& f) {
    using Function = std::remove_reference_t<F>;
    run(
        parts, [](void* context, int part) { (*static_cast<Function*>(context))(part); },
        const_cast<void*>(static_cast<const void*>(&f)));
  }

 private:
  ThreadPool();
  void run(int parts, void (*function)(void*, int), void* context);

  struct State;
  State* state_;
};

}  // namespace ostinato
