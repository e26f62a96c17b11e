#include "binding/communicator_object.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "binding/arguments.h"
#include "communication/thread_transport.h"
#include "communication/transport_table.h"

namespace ostinato {
namespace {

constexpr napi_type_tag kCommunicatorTag = {0x6f7374696e61746f, 0x636f6d6d756e6963};
constexpr napi_type_tag kSeatTag = {0x6f7374696e61746f, 0x7365617400000001};
constexpr napi_type_tag kTableTag = {TransportTable::kTag[0], TransportTable::kTag[1]};
constexpr int64_t kMostRanks = 64;

// Work that waits for other ranks, on a thread of libuv.
class WaitingWorker final : public Napi::AsyncWorker {
 public:
  using Result = std::function<Napi::Value(Napi::Env)>;

  // `wait` blocks, and gives what makes the value that the promise resolves with.
  WaitingWorker(Napi::Env env, std::function<Result()> wait)
      : Napi::AsyncWorker(env, "ostinato.communicator"),
        deferred_(Napi::Promise::Deferred::New(env)),
        wait_(std::move(wait)) {}

  Napi::Promise start() {
    const Napi::Promise promise = deferred_.Promise();
    Queue();
    return promise;
  }

 private:
  void Execute() override {
    try {
      result_ = wait_();
    } catch (const CommunicationError& error) {
      code_ = "ERR_OSTINATO_COMMUNICATION";
      SetError(error.what());
    } catch (const std::bad_alloc&) {
      code_ = "ERR_OSTINATO_MEMORY";
      SetError("not enough memory for the messages of other processes");
    }
  }
  void OnOK() override { deferred_.Resolve(result_(Env())); }
  void OnError(const Napi::Error& error) override {
    deferred_.Reject(code_ ? coded(Env(), code_, error.Message()).Value() : error.Value());
  }

  Napi::Promise::Deferred deferred_;
  std::function<Result()> wait_;
  Result result_;
  const char* code_ = nullptr;
};

WaitingWorker::Result nothing() {
  return [](Napi::Env env) { return env.Undefined(); };
}

// A place in a group of threads.
struct Seat {
  std::shared_ptr<ThreadGroup> group;
  int rank;
};

// A transport that is a table of functions. There is one in a process.
class TableTransport final : public Transport {
 public:
  TableTransport(const TransportTable& table, double seconds) : table_(table), seconds_(seconds) {
    if (const char* error = table_.open(&rank_, &size_)) throw CommunicationError(error);
  }
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void exchange(const Piece* out, const Piece* in) override {
    const auto stopped = [](void* self) { return static_cast<TableTransport*>(self)->stopped_.load() ? 1 : 0; };
    if (const char* error = table_.exchange(out, in, seconds_, stopped, this)) throw CommunicationError(error);
  }
  void beat() override {
    if (const char* error = table_.beat(seconds_)) throw CommunicationError(error);
  }
  void stop(const std::string&) noexcept override { stopped_ = true; }
  void close(bool broken) noexcept override { table_.close(broken ? 1 : 0); }

 private:
  const TransportTable& table_;
  double seconds_;
  int rank_ = 0, size_ = 1;
  std::atomic<bool> stopped_{false};
};

std::function<std::unique_ptr<Transport>()> opener(const Napi::Value& from, double seconds) {
  if (from.IsExternal()) {
    const Napi::External<void> external = from.As<Napi::External<void>>();
    if (external.CheckTypeTag(&kSeatTag)) {
      const Seat seat = *static_cast<Seat*>(external.Data());
      return [seat] { return std::make_unique<ThreadTransport>(seat.group, seat.rank); };
    }
    if (external.CheckTypeTag(&kTableTag)) {
      const auto* table = static_cast<const TransportTable*>(external.Data());
      if (table->version != TransportTable::kVersion) {
        throw coded(from.Env(), "ERR_OSTINATO_ADDON",
                    "the build of MPI is of another version of Ostinato: build it again");
      }
      return [table, seconds] { return std::make_unique<TableTransport>(*table, seconds); };
    }
  }
  throw Napi::TypeError::New(from.Env(), "expected a seat of threadGroup(), or the table of a transport");
}

}  // namespace

Napi::Function CommunicatorObject::define(Napi::Env env) {
  return DefineClass(
      env, "Communicator",
      {InstanceMethod<&CommunicatorObject::open>("open"), InstanceMethod<&CommunicatorObject::gather>("gather"),
       InstanceMethod<&CommunicatorObject::stop>("stop"), InstanceMethod<&CommunicatorObject::close>("close")});
}

Napi::Value CommunicatorObject::threadGroup(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int size = static_cast<int>(integerArgument(info, 0, "the size", 1, kMostRanks));
  const int64_t patience = integerArgument(info, 1, "the milliseconds", 1, INT32_MAX);
  const auto group = std::make_shared<ThreadGroup>(size, std::chrono::milliseconds(patience));
  Napi::Array seats = Napi::Array::New(env);
  for (int rank = 0; rank < size; rank++) {
    Napi::External<Seat> seat =
        Napi::External<Seat>::New(env, new Seat{group, rank}, [](Napi::Env, Seat* own) { delete own; });
    seat.TypeTag(&kSeatTag);
    seats.Set(static_cast<uint32_t>(rank), seat);
  }
  return seats;
}

CommunicatorObject::CommunicatorObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<CommunicatorObject>(info) {
  info.This().As<Napi::Object>().TypeTag(&kCommunicatorTag);
  const double seconds = static_cast<double>(integerArgument(info, 1, "the milliseconds", 1, INT32_MAX)) / 1000;
  try {
    communicator_ = std::make_shared<Communicator>(opener(info[0], seconds));
  } catch (const std::system_error&) {
    throw coded(info.Env(), "ERR_OSTINATO_MEMORY", "there is no thread to be had for a communicator");
  }
}

std::shared_ptr<Communicator> CommunicatorObject::from(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kCommunicatorTag)) {
    throw Napi::TypeError::New(value.Env(), "expected a Communicator");
  }
  return Unwrap(value.As<Napi::Object>())->communicator_;
}

Napi::Value CommunicatorObject::open(const Napi::CallbackInfo& info) {
  const auto wait = [own = communicator_]() -> WaitingWorker::Result {
    const int rank = own->rank(), size = own->size();
    return [rank, size](Napi::Env env) {
      Napi::Object place = Napi::Object::New(env);
      place.Set("rank", Napi::Number::New(env, rank));
      place.Set("size", Napi::Number::New(env, size));
      return place;
    };
  };
  return (new WaitingWorker(info.Env(), wait))->start();
}

Napi::Value CommunicatorObject::gather(const Napi::CallbackInfo& info) {
  const Bytes bytes = typedArray(info[0], napi_uint8_array, "the message");
  const auto wait = [own = communicator_, message = std::string(static_cast<const char*>(bytes.data), bytes.elements)] {
    auto messages = std::make_shared<std::vector<std::string>>(own->gather(message));
    return WaitingWorker::Result([messages](Napi::Env env) {
      Napi::Array all = Napi::Array::New(env);
      for (const std::string& one : *messages) {
        all.Set(all.Length(), Napi::Buffer<char>::Copy(env, one.data(), one.size()));
      }
      return all;
    });
  };
  return (new WaitingWorker(info.Env(), wait))->start();
}

Napi::Value CommunicatorObject::stop(const Napi::CallbackInfo& info) {
  const std::string reason = info[0].ToString().Utf8Value();
  return (new WaitingWorker(info.Env(),
                            [own = communicator_, reason] {
                              own->stop(reason);
                              return nothing();
                            }))
      ->start();
}

Napi::Value CommunicatorObject::close(const Napi::CallbackInfo& info) {
  return (new WaitingWorker(info.Env(),
                            [own = communicator_] {
                              own->close();
                              return nothing();
                            }))
      ->start();
}

}  // namespace ostinato
