#include "base/thread_pool.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "doctest/doctest.h"

using namespace ostinato;

TEST_CASE("every part runs exactly once, whatever the number of threads and parts") {
  ThreadPool& pool = ThreadPool::instance();
  const int before = pool.threads();
  for (const int threads : {1, 2, 3, 8}) {
    pool.setThreads(threads);
    for (const int parts : {0, 1, 2, 5, 64}) {
      for (int round = 0; round < 200; round++) {
        std::vector<std::atomic<int>> runs(static_cast<size_t>(parts));
        pool.parallel(parts, [&](int part) { runs[static_cast<size_t>(part)]++; });
        for (const std::atomic<int>& count : runs) REQUIRE(count == 1);
      }
    }
  }
  pool.setThreads(before);
}

TEST_CASE("work written by a part is seen after parallel returns") {
  ThreadPool& pool = ThreadPool::instance();
  pool.setThreads(4);
  for (int round = 0; round < 2000; round++) {
    int plain[16] = {};
    pool.parallel(16, [&](int part) { plain[part] = part + round; });
    for (int part = 0; part < 16; part++) REQUIRE(plain[part] == part + round);
  }
}

TEST_CASE("callers from several threads and nested calls do not block each other") {
  ThreadPool& pool = ThreadPool::instance();
  pool.setThreads(3);
  std::atomic<int> total{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; c++) {
    callers.emplace_back([&] {
      for (int round = 0; round < 300; round++) {
        pool.parallel(4, [&](int) { pool.parallel(3, [&](int) { total++; }); });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 4 * 300 * 4 * 3);
}

TEST_CASE("sleeping workers wake up") {
  ThreadPool& pool = ThreadPool::instance();
  pool.setThreads(4);
  for (int round = 0; round < 20; round++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    std::atomic<int> count{0};
    pool.parallel(8, [&](int) { count++; });
    REQUIRE(count == 8);
  }
}
