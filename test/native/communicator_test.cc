#include "communication/communicator.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "communication/thread_transport.h"
#include "doctest/doctest.h"

using namespace ostinato;

namespace {

using Ranks = std::vector<std::unique_ptr<Communicator>>;

Ranks ranksOf(int size, std::chrono::milliseconds patience = std::chrono::seconds(60)) {
  const auto group = std::make_shared<ThreadGroup>(size, patience);
  Ranks ranks;
  for (int r = 0; r < size; r++) {
    ranks.push_back(std::make_unique<Communicator>([=] { return std::make_unique<ThreadTransport>(group, r); }));
  }
  return ranks;
}

// Counts the bytes that a rank sends to the others.
class CountingTransport final : public Transport {
 public:
  CountingTransport(std::shared_ptr<ThreadGroup> group, int rank, std::atomic<size_t>& sent)
      : transport_(std::move(group), rank), sent_(sent) {}

  int rank() const override { return transport_.rank(); }
  int size() const override { return transport_.size(); }
  void exchange(const Piece* out, const Piece* in) override {
    for (int r = 0; r < size(); r++) sent_ += r == rank() ? 0 : out[r].bytes;
    transport_.exchange(out, in);
  }
  void stop(const std::string& reason) noexcept override { transport_.stop(reason); }
  void close(bool broken) noexcept override { transport_.close(broken); }

 private:
  ThreadTransport transport_;
  std::atomic<size_t>& sent_;
};

// Calls f(rank) on a thread of each.
template <class F>
void together(int size, const F& f) {
  std::vector<std::thread> threads;
  for (int r = 0; r < size; r++) threads.emplace_back([&f, r] { f(r); });
  for (std::thread& one : threads) one.join();
}

}  // namespace

TEST_CASE("sums that are begun one after the other are made in that order, on every rank") {
  for (const int size : {1, 2, 3, 5}) {
    Ranks ranks = ranksOf(size);
    together(size, [&](int r) {
      Communicator& own = *ranks[static_cast<size_t>(r)];
      for (int round = 0; round < 50; round++) {
        // Fewer values than ranks, too.
        std::vector<float> a(static_cast<size_t>(1 + round % 7), static_cast<float>(r + 1)), b(1000, 2);
        own.begin(a.data(), static_cast<int64_t>(a.size()), {});
        own.begin(b.data(), static_cast<int64_t>(b.size()), {});
        own.finish(b.data());
        own.finish(a.data());
        for (const float x : a) REQUIRE(x == static_cast<float>(size * (size + 1) / 2));
        for (const float x : b) REQUIRE(x == 2 * static_cast<float>(size));
        const std::vector<std::string> said = own.gather(std::string(static_cast<size_t>(r), 'x'));
        for (int other = 0; other < size; other++)
          REQUIRE(said[static_cast<size_t>(other)].size() == static_cast<size_t>(other));
      }
    });
    together(size, [&](int r) { ranks[static_cast<size_t>(r)]->close(); });
    CHECK_THROWS_AS(ranks[0]->gather(""), CommunicationError);
  }
}

TEST_CASE("in halves what each rank adds is rounded, the sum is made in float32, and rounded again") {
  for (const int size : {1, 2, 3}) {
    Ranks ranks = ranksOf(size);
    const auto valueOf = [](int r, size_t i) {
      return std::sin(static_cast<float>(i + 1) * static_cast<float>(r + 3)) * 100;
    };
    const auto rounded = [](float x) { return toFloat(toBfloat16(x)); };
    together(size, [&](int r) {
      Communicator& own = *ranks[static_cast<size_t>(r)];
      // More than a block of sums.
      std::vector<float> values(5000);
      for (size_t i = 0; i < values.size(); i++) values[i] = valueOf(r, i);
      own.begin(values.data(), static_cast<int64_t>(values.size()), {.halves = true});
      own.finish(values.data());
      for (size_t i = 0; i < values.size(); i++) {
        float sum = rounded(valueOf(0, i));
        for (int other = 1; other < size; other++) sum += rounded(valueOf(other, i));
        REQUIRE(values[i] == rounded(sum));
      }
    });
    together(size, [&](int r) { ranks[static_cast<size_t>(r)]->close(); });
  }
}

TEST_CASE(
    "rows that are not 0 give the bits of all numbers, in fewer bytes where there are few, and nearly as many else") {
  constexpr int64_t kRows = 300;
  for (const int size : {1, 2, 3, 5}) {
    for (const bool halves : {false, true}) {
      for (const int64_t width : {1, 7}) {
        // One row in `every` is not 0.
        for (const int64_t every : {1, 2, 40, 1000}) {
          const auto group = std::make_shared<ThreadGroup>(size, std::chrono::seconds(60));
          std::atomic<size_t> sent = 0;
          Ranks ranks;
          for (int r = 0; r < size; r++) {
            ranks.push_back(std::make_unique<Communicator>(
                [=, &sent] { return std::make_unique<CountingTransport>(group, r, sent); }));
          }
          const int64_t count = kRows * width;
          const auto valuesOf = [&](int r) {
            std::vector<float> values(static_cast<size_t>(count));
            for (int64_t i = 0; i < count; i++) {
              const bool zero = (i / width * 7 + 3 * r) % every > 0 || i % width == 1;
              values[static_cast<size_t>(i)] = zero ? 0 : std::sin(static_cast<float>(i + 5 * r));
            }
            if (r == size - 1) values[static_cast<size_t>(count - 1)] = INFINITY;
            return values;
          };
          std::vector<std::vector<float>> whole(static_cast<size_t>(size)), rows(whole);
          const auto sum = [&](std::vector<std::vector<float>>& into, Sending sending) {
            together(size, [&](int r) {
              std::vector<float>& values = into[static_cast<size_t>(r)];
              values = valuesOf(r);
              ranks[static_cast<size_t>(r)]->begin(values.data(), count, sending);
              ranks[static_cast<size_t>(r)]->finish(values.data());
            });
            return sent.exchange(0);
          };
          const size_t wholeBytes = sum(whole, {.halves = halves});
          const size_t rowBytes = sum(rows, {.halves = halves, .width = width});
          for (int r = 0; r < size; r++) {
            const auto own = static_cast<size_t>(r);
            REQUIRE(std::memcmp(rows[own].data(), whole[0].data(), whole[0].size() * sizeof(float)) == 0);
          }
          CAPTURE(size);
          CAPTURE(every);
          const auto others = static_cast<size_t>(size * (size - 1));
          CHECK(rowBytes <= wholeBytes + others * sizeof(int64_t));
          if (every == 40 && size > 1) CHECK(rowBytes < wholeBytes / 2);
          together(size, [&](int r) { ranks[static_cast<size_t>(r)]->close(); });
        }
      }
    }
  }
}

TEST_CASE("rows that do not fit those of the others end a sum") {
  Ranks ranks = ranksOf(2);
  std::vector<float> left(100, 0), right(50, 0);
  left[99] = 1;
  ranks[0]->begin(left.data(), 100, {.width = 1});
  ranks[1]->begin(right.data(), 50, {.width = 1});
  CHECK_THROWS_AS(ranks[1]->finish(right.data()), CommunicationError);
  try {
    ranks[0]->finish(left.data());
  } catch (const CommunicationError&) {
  }
}

TEST_CASE("bfloat16 rounds to nearest, ties to even, and keeps infinities and NaNs") {
  const auto rounded = [](float x) { return toFloat(toBfloat16(x)); };
  CHECK(rounded(1 + 1.0f / 256) == 1);
  CHECK(rounded(1 + 3.0f / 256) == 1 + 1.0f / 64);
  CHECK(rounded(-(1 + 1.1f / 256)) == -(1 + 1.0f / 128));
  CHECK(std::isinf(rounded(3.4e38f)));
  CHECK(rounded(-INFINITY) == -INFINITY);
  CHECK(std::isnan(rounded(NAN)));
}

TEST_CASE("a rank that does not come is named, and the sums of the others are left alone") {
  Ranks ranks = ranksOf(3, std::chrono::milliseconds(50));
  std::vector<float> values(100, 1);
  ranks[0]->begin(values.data(), 100, {});
  ranks[2]->begin(values.data(), 0, {});
  CHECK_THROWS_WITH_AS(ranks[0]->finish(values.data()), "rank 1 has sent nothing for 0 seconds", CommunicationError);
  CHECK_THROWS_AS(ranks[2]->begin(values.data(), 0, {}), CommunicationError);
  for (const float x : values) CHECK(x == 1);
}

TEST_CASE("a communicator that goes in the middle of a sum ends it for all") {
  for (int round = 0; round < 20; round++) {
    Ranks ranks = ranksOf(2);
    std::vector<float> left(1000, 1), right(1000, 1);
    ranks[0]->begin(left.data(), 1000, {});
    if (round % 2) ranks[1]->begin(right.data(), 1000, {});
    ranks[1].reset();
    try {
      ranks[0]->finish(left.data());
      CHECK(left[999] == 2);
    } catch (const CommunicationError&) {
    }
    ranks[0]->abandon();
  }
}

TEST_CASE("a transport that cannot be opened says why to everybody who asks") {
  Communicator own([]() -> std::unique_ptr<Transport> { throw CommunicationError("no network"); });
  CHECK_THROWS_WITH_AS(own.rank(), "no network", CommunicationError);
  CHECK_THROWS_WITH_AS(own.gather("x"), "no network", CommunicationError);
  own.abandon();
  own.close();
}
