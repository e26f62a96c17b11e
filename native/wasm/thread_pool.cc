// The pool of a module that has one thread, in place of base/thread_pool.cc.
#include "base/thread_pool.h"

namespace ostinato {

struct ThreadPool::State {};

int threadsNamed(const char*) { return 1; }

ThreadPool& ThreadPool::instance() {
  static ThreadPool* pool = new ThreadPool;
  return *pool;
}

ThreadPool::ThreadPool() : state_(nullptr) {}

int ThreadPool::threads() const { return 1; }

int ThreadPool::threadsHere() const { return 1; }

void ThreadPool::setThreads(int) {}

void ThreadPool::run(int parts, void (*function)(void*, int), void* context) {
  for (int part = 0; part < parts; part++) function(context, part);
}

}  // namespace ostinato
