// Counts of a text in parts, against those of the whole text.
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "doctest/doctest.h"
#include "ngram/count_parts.h"
#include "ngram_text.h"

#if !defined(_WIN32)
#include <sys/resource.h>

#include <csignal>
#endif

using namespace ostinato;

namespace {

const std::atomic<bool> kGoOn{false};
const std::string kFolder = std::filesystem::temp_directory_path().string();

// The counts of a text that is handed over some words at a time, a part as soon as there are `limit` of them.
NgramCounts countInParts(const std::vector<int32_t>& ids, SentenceIds marks, int order, int64_t limit) {
  NgramText text(30, marks);
  CountParts parts(kFolder);
  for (size_t at = 0; at < ids.size(); at += 7) {
    text.add({ids.data() + at, std::min<size_t>(7, ids.size() - at)});
    if (text.size() >= limit) parts.add(countNgrams(text.takePart(order), order, kGoOn));
  }
  text.finish();
  parts.add(countNgrams(text, order, kGoOn));
  return parts.merge(kGoOn);
}

}  // namespace

TEST_CASE("counts of the parts of a text are those of the whole, number for number") {
  for (const SentenceIds marks : {SentenceIds{-1, -1}, SentenceIds{0, 0}, SentenceIds{0, 1}}) {
    const std::vector<int32_t> ids = randomIds(30, 150, marks);
    for (int order = 1; order <= 5; order++) {
      const NgramCounts whole = countNgrams(randomText(30, 150, marks), order, kGoOn);
      for (const int64_t limit : {1, 20, 137, 100000}) {
        CAPTURE(order);
        CAPTURE(limit);
        const NgramCounts counts = countInParts(ids, marks, order, limit);
        REQUIRE(counts.order() == order);
        CHECK(counts.marks.begin == marks.begin);
        for (int k = 1; k <= order; k++) {
          CAPTURE(k);
          CHECK(counts.level(k).words == whole.level(k).words);
          CHECK(counts.level(k).counts == whole.level(k).counts);
          CHECK(counts.level(k).children == whole.level(k).children);
          CHECK(counts.level(k).suffix == whole.level(k).suffix);
        }
      }
    }
  }
}

TEST_CASE("a folder that takes no file is an error of the system, and the file has no name") {
  CHECK_THROWS_AS(CountParts("/nowhere/at/all"), std::system_error);
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "ostinato-parts-test";
  std::filesystem::create_directory(folder);
  CountParts parts(folder.string());
  parts.add(countNgrams(randomText(30, 20, {0, 0}), 3, kGoOn));
  CHECK(std::filesystem::is_empty(folder));
  std::filesystem::remove(folder);
}

#if !defined(_WIN32)
TEST_CASE("a full disk is an error of the system") {
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4096;
  setrlimit(RLIMIT_FSIZE, &small);
  CountParts parts(kFolder);
  const NgramCounts counts = countNgrams(randomText(30, 400, {0, 0}), 3, kGoOn);
  CHECK_THROWS_AS((parts.add(counts), parts.merge(kGoOn)), std::system_error);
  setrlimit(RLIMIT_FSIZE, &before);
}
#endif

TEST_CASE("merging stops when asked to") {
  CountParts parts(kFolder);
  parts.add(countNgrams(randomText(30, 20, {0, 0}), 3, kGoOn));
  const std::atomic<bool> stop{true};
  CHECK_THROWS_AS(parts.merge(stop), NgramsStopped);
}
