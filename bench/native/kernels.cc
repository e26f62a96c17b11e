// Speed of the native products and recurrent layers alone, without Node: GFLOP/s of matrix products by our own kernels
// and by the system's BLAS, and one recurrent layer forward and with its full gradient.
//
//   cmake -S . -B build-bench -DOSTINATO_BENCH=ON && cmake --build build-bench --target kernels
//   build-bench/kernels [gemm|recurrent|all] [threads] [only names that contain this] [highest|high|medium]
//
// Medians over at least half a second. Flops are those of the products; a layer's gradient counts twice its forward.
// OSTINATO_KERNELS chooses the tier.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "kernels/tiers.h"
#include "ops/registry.h"
#include "products/blas/blas.h"
#include "products/gemm.h"
#include "products/provider.h"
#include "runtime/configuration.h"

using namespace ostinato;

namespace {

const char* only = "";
Precision precision = Precision::highest;

bool wanted(const char* name) { return std::strstr(name, only) != nullptr; }

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Time {
  double median, best;
};

template <class F>
Time measure(F&& f) {
  f();
  f();
  std::vector<double> times;
  const double start = seconds();
  while ((seconds() - start < 0.5 && times.size() < 5000) || times.size() < 7) {
    const double begin = seconds();
    f();
    times.push_back(seconds() - begin);
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times[0]};
}

using Buffer = std::unique_ptr<float, void (*)(void*)>;

// 64-byte aligned as the executor's memory; values in -scale..scale.
Buffer floats(int64_t n, float scale) {
  Buffer buffer(static_cast<float*>(std::aligned_alloc(64, static_cast<size_t>(n * 4 + 127) / 64 * 64)), std::free);
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  for (int64_t i = 0; i < n; i++) buffer.get()[i] = scale == 0 ? 0 : uniform(random);
  return buffer;
}

struct Shape {
  const char* name;
  int64_t M, K, N;
  bool transposeA, transposeB;
};

constexpr Shape kShapes[] = {
    {"square", 2048, 2048, 2048, false, false},
    {"W1 input", 4096, 512, 2048, false, true},
    {"W1 dx", 4096, 2048, 512, false, false},
    {"W1 dweight", 2048, 4096, 512, true, false},
    {"W1 step, unpacked", 64, 512, 2048, false, true},
    {"W2 input", 700, 650, 2600, false, true},
    {"W2 dx", 700, 2600, 650, false, false},
    {"W2 dweight", 2600, 700, 650, true, false},
    {"W2 logits", 700, 650, 10000, false, true},
    {"W2 dlogits x", 700, 10000, 650, false, false},
    {"W2 dlogits w", 10000, 700, 650, true, false},
    {"W2 step, unpacked", 20, 650, 2600, false, true},
    {"W4 input", 3200, 128, 384, false, true},
    {"W4 step, unpacked", 32, 128, 384, false, true},
    {"W5 attention", 25, 256, 25, false, true},
    {"beam 5 logits", 5, 512, 8000, false, true},
    {"one row, W1", 1, 512, 2048, false, true},
    {"one row, W2 logits", 1, 650, 10000, false, true},
    {"one row, plain b", 1, 2600, 650, false, false},
    {"8 rows", 8, 512, 2048, false, true},
    {"12 rows", 12, 512, 2048, false, true},
    {"16 rows", 16, 512, 2048, false, true},
    {"64 cube", 64, 64, 64, false, false},
    {"128 cube", 128, 128, 128, false, false},
    {"256 cube", 256, 256, 256, false, false},
};

void benchGemm() {
  ThreadPool& pool = ThreadPool::instance();
  std::printf("%-20s %6s %6s %6s   %s %9s %9s   %s\n", "product", "M", "K", "N", "op", "own", "BLAS", "GFLOP/s (us)");
  for (const Shape& s : kShapes) {
    if (!wanted(s.name)) continue;
    Buffer a = floats(s.M * s.K, 1), b = floats(s.K * s.N, 1), c = floats(s.M * s.N, 0);
    Gemm g;
    g.M = s.M;
    g.N = s.N;
    g.K = s.K;
    g.a = a.get();
    g.lda = s.transposeA ? s.M : s.K;
    g.transposeA = s.transposeA;
    g.b = b.get();
    g.ldb = s.transposeB ? s.K : s.N;
    g.transposeB = s.transposeB;
    g.c = c.get();
    g.ldc = s.N;
    g.precision = precision;
    Buffer scratch = floats(static_cast<int64_t>(gemmScratchBytes(g, pool.threads()) / 4 + 16), 0);
    const double flops = 2.0 * static_cast<double>(s.M * s.K * s.N);
    double times[2] = {0, 0};
    for (int blas = 0; blas < 2; blas++) {
      if (blas && systemBlas() == nullptr) break;
      setProvider(blas ? "blas" : "own");
      times[blas] = measure([&] { gemm(g, scratch.get(), pool); }).median;
    }
    setProvider("auto");
    std::printf("%-20s %6lld %6lld %6lld   %c%c %9.0f %9.0f   (%.0f, %.0f)%s\n", s.name, static_cast<long long>(s.M),
                static_cast<long long>(s.K), static_cast<long long>(s.N), s.transposeA ? 'T' : 'N',
                s.transposeB ? 'T' : 'N', flops / times[0] / 1e9, times[1] > 0 ? flops / times[1] / 1e9 : 0.0,
                times[0] * 1e6, times[1] * 1e6, !std::strcmp(providerOf(g).name(), "blas") ? "  auto: BLAS" : "");
    std::fflush(stdout);
  }
}

TensorView tensor(std::vector<int64_t> dims, float* data) {
  TensorView view;
  view.rank = static_cast<int>(dims.size());
  std::copy(dims.begin(), dims.end(), view.dims);
  view.present = true;
  view.data = data;
  return view;
}

struct Values {
  std::vector<Buffer> buffers;
  std::vector<TensorView> views;
  void add(std::vector<int64_t> dims, float scale) {
    TensorView shape = tensor(dims, nullptr);
    buffers.push_back(floats(shape.elements(), scale));
    views.push_back(tensor(dims, buffers.back().get()));
  }
  void addAbsent() { views.emplace_back(); }
  void share(const TensorView& view) { views.push_back(view); }
};

struct Bound {
  const Operation* op;
  Values operands, results;
  std::vector<double> attributes;
  Buffer scratch{nullptr, std::free};

  Call call() {
    return {operands.views.data(),
            static_cast<int>(operands.views.size()),
            results.views.data(),
            static_cast<int>(results.views.size()),
            attributes.data(),
            static_cast<int>(attributes.size()),
            scratch.get(),
            ThreadPool::instance(),
            precision};
  }
  void prepare() { scratch = floats(static_cast<int64_t>(op->check(call()) / 4 + 16), 0); }
  void run() { op->run(call()); }
};

// One layer with G gates; its gradient with dy only.
void benchLayer(const char* name, const std::string& op, int64_t gates, bool cells, std::vector<double> attributes,
                int64_t T, int64_t B, int64_t I, int64_t H) {
  if (!wanted(name)) return;
  const int64_t Hp = (H + 15) / 16 * 16;
  const float scale = 1 / std::sqrt(static_cast<float>(H));
  Bound forward{&operationNamed(op), {}, {}, attributes};
  Values& in = forward.operands;
  in.add({T, B, I}, 1);
  in.add({B, H}, 0.5f);
  if (cells) in.add({B, H}, 0.5f);
  in.add({gates * H, I}, scale);
  in.add({gates * H, H}, scale);
  in.add({gates * H}, scale);
  in.add({gates * H}, scale);
  in.addAbsent();
  Values& out = forward.results;
  out.add({T, B, H}, 0);
  out.add({B, H}, 0);
  if (cells) out.add({B, H}, 0);
  if (gates > 1) out.add({T, B, 4, Hp}, 0);
  if (cells) out.add({T, B, Hp}, 0);

  Bound backward{&operationNamed(op + "Gradient"), {}, {}, attributes};
  Values& gin = backward.operands;
  for (size_t i = 0; i < (cells ? 5u : 4u); i++) gin.share(in.views[i]);
  if (gates == 3) gin.share(in.views[5]);
  gin.addAbsent();
  gin.share(out.views[0]);
  if (gates > 1) gin.share(out.views[cells ? 3 : 2]);
  if (cells) gin.share(out.views[4]);
  gin.add({T, B, H}, 0.1f);
  for (int i = 0; i < (cells ? 2 : 1); i++) gin.addAbsent();
  Values& gout = backward.results;
  gout.add({T, B, I}, 0);
  gout.add({B, H}, 0);
  if (cells) gout.add({B, H}, 0);
  gout.add({gates * H, I}, 0);
  gout.add({gates * H, H}, 0);
  gout.add({gates * H}, 0);
  if (gates == 3) gout.add({gates * H}, 0);

  forward.prepare();
  backward.prepare();
  const double flops = 2.0 * static_cast<double>(T * B * gates * H * (I + H));
  const Time once = measure([&] { forward.run(); });
  const Time both = measure([&] {
    forward.run();
    backward.run();
  });
  std::printf(
      "%-18s T%-3lld B%-3lld I%-4lld H%-4lld  forward %7.2f ms (best %7.2f) %4.0f GFLOP/s   with gradient %7.2f ms "
      "(best %7.2f) %4.0f GFLOP/s\n",
      name, static_cast<long long>(T), static_cast<long long>(B), static_cast<long long>(I), static_cast<long long>(H),
      once.median * 1e3, once.best * 1e3, flops / once.median / 1e9, both.median * 1e3, both.best * 1e3,
      3 * flops / both.median / 1e9);
  std::fflush(stdout);
}

void benchRecurrent() {
  benchLayer("lstm W1", "lstm", 4, true, {0}, 64, 64, 512, 512);
  benchLayer("lstm W2", "lstm", 4, true, {0}, 35, 20, 650, 650);
  benchLayer("lstm W3", "lstm", 4, true, {0}, 35, 20, 1500, 1500);
  benchLayer("lstm W5", "lstm", 4, true, {0}, 25, 64, 256, 256);
  benchLayer("lstm one token W1", "lstm", 4, true, {0}, 1, 1, 512, 512);
  benchLayer("lstm one token W2", "lstm", 4, true, {0}, 1, 1, 650, 650);
  benchLayer("lstm beam 5 step", "lstm", 4, true, {0}, 1, 5, 512, 512);
  benchLayer("lstm decoder step", "lstm", 4, true, {0}, 1, 64, 512, 512);
  benchLayer("lstm one sequence", "lstm", 4, true, {0}, 100, 1, 512, 512);
  benchLayer("gru W4", "gru", 3, false, {1, 0}, 100, 32, 128, 128);
  benchLayer("gru after", "gru", 3, false, {1, 0}, 64, 64, 512, 512);
  benchLayer("gru before", "gru", 3, false, {0, 0}, 64, 64, 512, 512);
  benchLayer("rnn", "rnn", 1, false, {0, 0}, 64, 64, 512, 512);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    expectEnvironment();
  } catch (const EnvironmentError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  const std::string what = argc > 1 ? argv[1] : "all";
  if (argc > 2) ThreadPool::instance().setThreads(std::atoi(argv[2]));
  if (argc > 3) only = argv[3];
  const std::string asked = argc > 4 ? argv[4] : "highest";
  precision = asked == "medium" ? Precision::medium : asked == "high" ? Precision::high : Precision::highest;
  const Blas* blas = systemBlas();
  std::printf("tier %s, %d threads, BLAS: %s %s\n", tierName(currentTier()), ThreadPool::instance().threads(),
              blas ? blas->library : "none", blas ? blas->description : "");
  if (what == "gemm" || what == "all") benchGemm();
  if (what == "recurrent" || what == "all") benchRecurrent();
}
