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

#include "communication/transport.h"
#include "communication/transport_table.h"

namespace ostinato {
namespace {

using Clock = std::chrono::steady_clock;

enum Tag { kPiece = 1, kBeat = 2 };

// A message of more bytes would wait until its receiver has asked for it. Where that question stands behind megabytes
// that go the other way, as on TCP, the two directions take turns, at half the rate.
constexpr size_t kMessageBytes = 63 << 10;
// Messages of one exchange that are under way at a time, in each direction, to all others together; but two to each.
constexpr int kMostUnderWay = 64;
// Looks without a message before a rank that waits begins to sleep.
constexpr int kEagerLooks = 100;
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
};

// Everything that one rank sends to another in an exchange, or gets from it, message by message.
struct Stream {
  char* data;
  size_t left;
  int peer;
  bool brings;
  bool over = false;
};

// Streams of an exchange, and their messages that are under way: those of a slot belong to one stream.
struct Traffic {
  std::vector<Stream> streams;
  std::vector<size_t> streamOf;
  std::vector<MPI_Request> requests;
  std::vector<int> expected, indices;
  std::vector<MPI_Status> statuses;
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

// The first of some messages that failed. One that is longer than this rank expects is the other's, not MPI's.
const char* failedAmong(const MPI_Status* statuses, int count) {
  for (int i = 0; i < count; i++) {
    int kind = MPI_SUCCESS;
    MPI_Error_class(statuses[i].MPI_ERROR, &kind);
    if (kind == MPI_ERR_TRUNCATE) return fail(kUnlikeValues);
    if (kind != MPI_SUCCESS && kind != MPI_ERR_PENDING) return failed(statuses[i].MPI_ERROR);
  }
  return failed(MPI_ERR_IN_STATUS);
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

// Begins the next message of a slot's stream, if there is one. The last message of a stream is shorter than the others,
// so that ranks whose streams are not of one length find out.
int beginNext(Traffic& t, size_t slot) {
  Stream& stream = t.streams[t.streamOf[slot]];
  if (stream.over) return MPI_SUCCESS;
  const int count = static_cast<int>(std::min(kMessageBytes, stream.left));
  stream.over = stream.left < kMessageBytes;
  char* data = stream.data;
  stream.data += count;
  stream.left -= static_cast<size_t>(count);
  t.expected[slot] = count;
  MPI_Request* request = &t.requests[slot];
  return stream.brings ? MPI_Irecv(data, count, MPI_CHAR, stream.peer, kPiece, MPI_COMM_WORLD, request)
                       : MPI_Isend(data, count, MPI_CHAR, stream.peer, kPiece, MPI_COMM_WORLD, request);
}

const char* exchange(const Piece* out, const Piece* in, double seconds, int (*stopped)(void*), void* context) {
  State& s = state();
  static Traffic t;
  t.streams.clear();
  t.streamOf.clear();
  if (in[s.rank].bytes != out[s.rank].bytes) return fail(kUnlikeValues);
  std::copy_n(static_cast<const char*>(out[s.rank].data), out[s.rank].bytes, static_cast<char*>(in[s.rank].data));
  const int slots = std::max(2, kMostUnderWay / std::max(1, s.size - 1));
  for (int step = 1; step < s.size; step++) {
    const int from = (s.rank + s.size - step) % s.size, to = (s.rank + step) % s.size;
    const auto add = [&](const Piece& piece, int peer, bool brings) {
      if (piece.bytes == 0) return;
      const size_t messages = piece.bytes / kMessageBytes + 1;
      t.streamOf.insert(t.streamOf.end(), std::min(messages, static_cast<size_t>(slots)), t.streams.size());
      t.streams.push_back({static_cast<char*>(piece.data), piece.bytes, peer, brings});
    };
    add(in[from], from, true);
    add(out[to], to, false);
  }
  t.requests.assign(t.streamOf.size(), MPI_REQUEST_NULL);
  t.expected.resize(t.streamOf.size());
  t.indices.resize(t.streamOf.size());
  t.statuses.resize(t.streamOf.size());
  for (size_t slot = 0; slot < t.streamOf.size(); slot++) {
    if (const int code = beginNext(t, slot); code != MPI_SUCCESS) return failed(code);
  }
  for (int looks = 0;;) {
    int done = 0;
    int code = MPI_Testsome(static_cast<int>(t.requests.size()), t.requests.data(), &done, t.indices.data(),
                            t.statuses.data());
    if (code == MPI_ERR_IN_STATUS) return failedAmong(t.statuses.data(), done);
    if (code != MPI_SUCCESS) return failed(code);
    if (done == MPI_UNDEFINED) break;
    for (int i = 0; i < done; i++) {
      const size_t slot = static_cast<size_t>(t.indices[static_cast<size_t>(i)]);
      int count = t.expected[slot];
      if (t.streams[t.streamOf[slot]].brings) MPI_Get_count(&t.statuses[static_cast<size_t>(i)], MPI_CHAR, &count);
      if (count != t.expected[slot]) return fail(kUnlikeValues);
      if (code = beginNext(t, slot); code != MPI_SUCCESS) return failed(code);
    }
    if (done > 0) continue;
    if (stopped(context)) return fail("this rank has given up");
    if (looks++ < kEagerLooks) {
      std::this_thread::yield();
      continue;
    }
    if (const char* error = beat(seconds)) return error;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  s.lastHeard = s.lastLook = Clock::now();
  // A rank that never has to wait tells the next one here that it lives.
  return s.lastHeard - s.lastSent < kBetweenBeats ? nullptr : beat(seconds);
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
