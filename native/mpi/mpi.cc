// MPI as a table of functions (communication/transport_table.h), in a module of its own: the two common MPIs have
// different binary interfaces, so it is built on the machine where it runs, and loaded only when a training asks for
// it.
//
// All functions are called by one thread. A rank that waits sleeps between its looks: the threads that compute have
// the cores.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#include <napi.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "communication/transport_table.h"

namespace ostinato {
namespace {

using Clock = std::chrono::steady_clock;

enum Tag { kPiece = 1, kBeat = 2 };

// MPI counts in int.
constexpr size_t kLargestMessage = size_t{1} << 30;
// Looks before a rank that waits begins to sleep.
constexpr int kEagerLooks = 100;
constexpr char kUnlike[] = "the ranks send values that do not fit together";
constexpr auto kBetweenLooks = std::chrono::microseconds(50);
constexpr auto kBetweenBeats = std::chrono::seconds(1);
// A rank that has not looked for so long stood still itself, as a job that a terminal has suspended.
constexpr auto kOwnPause = std::chrono::seconds(3);

struct State {
  int rank = 0, size = 1;
  std::string error;
  std::vector<std::string> hosts;
  // Each rank tells the next one that it lives, and listens to the one before.
  char sent = 0, heard = 0;
  MPI_Request sending = MPI_REQUEST_NULL, hearing = MPI_REQUEST_NULL;
  Clock::time_point lastSent, lastHeard, lastLook;
  std::vector<MPI_Request> requests;
  std::vector<MPI_Status> statuses;
  // Bytes that each request brings; -1 of one that sends.
  std::vector<int> expected;
};

State& state() {
  static State* own = new State;
  return *own;
}

const char* fail(const std::string& what) {
  state().error = what;
  return state().error.c_str();
}

const char* failed(int code) {
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  return fail("MPI: " + std::string(text, static_cast<size_t>(length)));
}

std::string nameOf(int rank) {
  return "rank " + std::to_string(rank) + " (" + state().hosts[static_cast<size_t>(rank)] + ")";
}

const char* open(int* rank, int* size) {
  State& s = state();
  int initialised = 0, finalised = 0, level = 0;
  MPI_Initialized(&initialised);
  MPI_Finalized(&finalised);
  if (initialised || finalised) return fail("MPI can be opened once in a process");
  if (const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level); code != MPI_SUCCESS) {
    return failed(code);
  }
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &s.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &s.size);
  char name[MPI_MAX_PROCESSOR_NAME] = {};
  int length = 0;
  MPI_Get_processor_name(name, &length);
  std::vector<char> names(static_cast<size_t>(s.size) * sizeof name);
  const int code = MPI_Allgather(name, sizeof name, MPI_CHAR, names.data(), sizeof name, MPI_CHAR, MPI_COMM_WORLD);
  if (code != MPI_SUCCESS) return failed(code);
  for (int r = 0; r < s.size; r++) s.hosts.emplace_back(names.data() + static_cast<size_t>(r) * sizeof name);
  s.lastSent = s.lastHeard = s.lastLook = Clock::now();
  *rank = s.rank;
  *size = s.size;
  return nullptr;
}

// Says and hears that ranks live. A rank whose threads all stand still says nothing.
const char* beat(double seconds) {
  State& s = state();
  if (s.size == 1) return nullptr;
  const int next = (s.rank + 1) % s.size, before = (s.rank + s.size - 1) % s.size;
  const Clock::time_point now = Clock::now();
  if (const auto pause = now - s.lastLook; pause > kOwnPause) s.lastHeard += pause;
  s.lastLook = now;
  int done = 1, code = MPI_SUCCESS;
  if (s.sending != MPI_REQUEST_NULL) code = MPI_Test(&s.sending, &done, MPI_STATUS_IGNORE);
  if (code == MPI_SUCCESS && done && now - s.lastSent >= kBetweenBeats) {
    s.lastSent = now;
    code = MPI_Isend(&s.sent, 1, MPI_CHAR, next, kBeat, MPI_COMM_WORLD, &s.sending);
  }
  if (code == MPI_SUCCESS && s.hearing == MPI_REQUEST_NULL) {
    code = MPI_Irecv(&s.heard, 1, MPI_CHAR, before, kBeat, MPI_COMM_WORLD, &s.hearing);
  }
  if (code == MPI_SUCCESS) code = MPI_Test(&s.hearing, &done, MPI_STATUS_IGNORE);
  if (code != MPI_SUCCESS) return failed(code);
  if (done) s.lastHeard = now;
  const double silent = std::chrono::duration<double>(now - s.lastHeard).count();
  if (silent <= seconds) return nullptr;
  return fail(nameOf(before) + " has been silent for " + std::to_string(static_cast<int>(silent)) + " seconds");
}

const char* exchange(const Piece* out, const Piece* in, double seconds, int (*stopped)(void*), void* context) {
  State& s = state();
  s.requests.clear();
  s.expected.clear();
  const auto each = [&](const Piece& piece, bool brings, auto&& start) {
    char* data = static_cast<char*>(piece.data);
    for (size_t begin = 0; begin < piece.bytes; begin += kLargestMessage) {
      s.requests.push_back(MPI_REQUEST_NULL);
      const int count = static_cast<int>(std::min(kLargestMessage, piece.bytes - begin));
      s.expected.push_back(brings ? count : -1);
      if (const int code = start(data + begin, count, &s.requests.back()); code != MPI_SUCCESS) return code;
    }
    return int{MPI_SUCCESS};
  };
  for (int step = 0; step < s.size; step++) {
    const int from = (s.rank + s.size - step) % s.size, to = (s.rank + step) % s.size;
    if (step == 0) {
      if (in[from].bytes != out[to].bytes) return fail(kUnlike);
      std::copy_n(static_cast<const char*>(out[to].data), out[to].bytes, static_cast<char*>(in[from].data));
      continue;
    }
    int code = each(in[from], true, [&](char* data, int count, MPI_Request* request) {
      return MPI_Irecv(data, count, MPI_CHAR, from, kPiece, MPI_COMM_WORLD, request);
    });
    if (code == MPI_SUCCESS) {
      code = each(out[to], false, [&](char* data, int count, MPI_Request* request) {
        return MPI_Isend(data, count, MPI_CHAR, to, kPiece, MPI_COMM_WORLD, request);
      });
    }
    if (code != MPI_SUCCESS) return failed(code);
  }
  s.statuses.resize(s.requests.size());
  for (int look = 0;; look++) {
    int done = 0;
    const int code = MPI_Testall(static_cast<int>(s.requests.size()), s.requests.data(), &done, s.statuses.data());
    if (code != MPI_SUCCESS) return failed(code);
    if (done) {
      for (size_t i = 0; i < s.requests.size(); i++) {
        int count = 0;
        if (s.expected[i] >= 0) MPI_Get_count(&s.statuses[i], MPI_CHAR, &count);
        if (s.expected[i] >= 0 && count != s.expected[i]) return fail(kUnlike);
      }
      s.lastHeard = s.lastLook = Clock::now();
      // A rank that never has to wait tells the next one here that it lives.
      return s.lastHeard - s.lastSent < kBetweenBeats ? nullptr : beat(seconds);
    }
    if (stopped(context)) return fail("this rank has given up");
    if (look < kEagerLooks) {
      std::this_thread::yield();
      continue;
    }
    if (const char* error = beat(seconds)) return error;
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

void close(int broken) {
  int initialised = 0, finalised = 0;
  MPI_Initialized(&initialised);
  MPI_Finalized(&finalised);
  if (!initialised || finalised) return;
  if (broken) {
    // The launcher ends all processes of the job.
    MPI_Abort(MPI_COMM_WORLD, 1);
    return;
  }
  State& s = state();
  // No message may be under way at the end. The first rank may work for minutes on what follows a training, and must
  // hear meanwhile that the others live.
  MPI_Request all = MPI_REQUEST_NULL;
  int arrived = MPI_Ibarrier(MPI_COMM_WORLD, &all) == MPI_SUCCESS ? 0 : 1;
  while (!arrived) {
    if (MPI_Test(&all, &arrived, MPI_STATUS_IGNORE) != MPI_SUCCESS) break;
    if (beat(std::numeric_limits<double>::infinity())) break;
    if (!arrived) std::this_thread::sleep_for(kBetweenLooks);
  }
  // The one before may have sent a beat that nobody waits for any more.
  if (s.sending != MPI_REQUEST_NULL) MPI_Request_free(&s.sending);
  if (s.hearing != MPI_REQUEST_NULL) {
    MPI_Cancel(&s.hearing);
    MPI_Wait(&s.hearing, MPI_STATUS_IGNORE);
  }
  MPI_Finalize();
}

const TransportTable kTable = {TransportTable::kVersion, open, exchange, beat, close};

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  constexpr napi_type_tag kTag = {TransportTable::kTag[0], TransportTable::kTag[1]};
  Napi::External<void> table = Napi::External<void>::New(env, const_cast<TransportTable*>(&kTable));
  table.TypeTag(&kTag);
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  exports.Set("transport", table);
  exports.Set("library", Napi::String::New(env, text, static_cast<size_t>(length)));
  return exports;
}

}  // namespace

NODE_API_MODULE(ostinato_mpi, initialise)

}  // namespace ostinato
