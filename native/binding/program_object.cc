#include "binding/program_object.h"

#include <cstring>
#include <vector>

#include "binding/arguments.h"
#include "binding/communicator_object.h"
#include "binding/program_call.h"
#include "binding/program_worker.h"
#include "binding/store_object.h"

namespace ostinato {
namespace {

constexpr napi_type_tag kProgramTag = {0x6f7374696e61746f, 0x70726f6772616d01};

// Typed arrays for the results of a run, made before it begins: the run writes into them from its thread. JavaScript
// sees them afterwards, so nobody can detach them meanwhile.
class ResultArrays {
 public:
  explicit ResultArrays(Napi::Env env) : arrays_(Napi::Persistent(Napi::Array::New(env).As<Napi::Object>())) {}

  void add(const TensorView& view, int64_t times) {
    const Napi::Env env = arrays_.Env();
    const size_t count = static_cast<size_t>(view.elements() * times);
    // A Buffer's memory comes as it is: an ArrayBuffer would be filled with zeros first.
    Napi::Buffer<char> bytes = Napi::Buffer<char>::New(env, count * 4);
    const Napi::ArrayBuffer buffer = bytes.ArrayBuffer();
    const size_t offset = bytes.ByteOffset();
    const Napi::TypedArray array = view.dtype == DType::f32
                                       ? Napi::TypedArray(Napi::Float32Array::New(env, count, buffer, offset))
                                       : Napi::TypedArray(Napi::Int32Array::New(env, count, buffer, offset));
    arrays_.Value().Set(static_cast<uint32_t>(memory_.size()), array);
    memory_.push_back(bytes.Data());
  }

  const std::vector<char*>& memory() const { return memory_; }
  Napi::Value value() const { return arrays_.Value(); }

 private:
  Napi::ObjectReference arrays_;
  std::vector<char*> memory_;
};

// A run, or a replay.
class RunWorker final : public ProgramWorker {
 public:
  RunWorker(Napi::Env env, std::shared_ptr<Program> program, Store::Lease lease, bool check, const Replay* replay)
      : ProgramWorker(env, "ostinato.run", std::move(program), std::move(lease)),
        check_(check),
        outputs_(env),
        collected_(env) {
    for (int64_t i = 0; i < this->program().outputCount(); i++) outputs_.add(this->program().output(i), 1);
    if (!replay) return;
    replay_ = std::make_unique<Replay>(*replay);
    for (const int64_t i : replay->collected) collected_.add(this->program().output(i), replay->steps);
  }

 private:
  void work() override {
    if (replay_) {
      program().replay(*replay_, collected_.memory());
    } else {
      nonFinite_ = program().run(check_);
    }
    for (size_t i = 0; i < outputs_.memory().size(); i++) {
      const TensorView& view = program().output(static_cast<int64_t>(i));
      std::memcpy(outputs_.memory()[i], view.data, static_cast<size_t>(view.elements()) * 4);
    }
  }
  Napi::Object result(Napi::Env env) override {
    Napi::Object result = Napi::Object::New(env);
    result.Set("outputs", outputs_.value());
    if (replay_) result.Set("collected", collected_.value());
    result.Set("nonFinite", Napi::Number::New(env, static_cast<double>(nonFinite_)));
    return result;
  }
  const char* purpose() const override { return "what a replay feeds back"; }

  bool check_;
  std::unique_ptr<Replay> replay_;
  ResultArrays outputs_, collected_;
  int64_t nonFinite_ = -1;
};

}  // namespace

Napi::Function ProgramObject::define(Napi::Env env) {
  return DefineClass(env, "Program",
                     {InstanceMethod<&ProgramObject::run>("run"), InstanceMethod<&ProgramObject::replay>("replay")});
}

ProgramObject::ProgramObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ProgramObject>(info) {
  const Napi::Env env = info.Env();
  info.This().As<Napi::Object>().TypeTag(&kProgramTag);
  std::shared_ptr<Store> store = StoreObject::from(info[0]);
  const Bytes words = typedArray(info[1], napi_float64_array, "the program");
  const auto precision = info[2].IsUndefined()
                             ? Precision::highest
                             : static_cast<Precision>(integerArgument(info, 2, "the precision", 0, 2));
  if (!info[3].IsUndefined() && !info[3].IsBoolean()) {
    throw Napi::TypeError::New(env, "expected times to be true or false");
  }
  const bool keepsTimes = info[3].ToBoolean();
  std::shared_ptr<Reducer> reducer;
  if (!info[4].IsUndefined()) reducer = CommunicatorObject::from(info[4]);
  try {
    program_ = std::make_shared<Program>(
        std::move(store), static_cast<const double*>(words.data), words.elements,
        ProgramOptions{.precision = precision, .keepsTimes = keepsTimes, .reducer = std::move(reducer)});
  } catch (const ProgramError& error) {
    throw coded(env, "ERR_OSTINATO_PROGRAM", error.what());
  } catch (const std::bad_alloc&) {
    throw coded(env, "ERR_OSTINATO_MEMORY", "not enough memory for the program");
  }
}

std::shared_ptr<Program> ProgramObject::from(const Napi::Value& value) {
  std::shared_ptr<Program> program;
  if (value.IsObject() && value.As<Napi::Object>().CheckTypeTag(&kProgramTag)) {
    program = Unwrap(value.As<Napi::Object>())->program_;
  }
  if (!program) throw Napi::TypeError::New(value.Env(), "expected a Program");
  return program;
}

Napi::Value ProgramObject::run(const Napi::CallbackInfo& info) {
  if (!info[1].IsBoolean()) throw Napi::TypeError::New(info.Env(), "expected check to be true or false");
  return start(info[0], info[1].As<Napi::Boolean>().Value(), nullptr);
}

Napi::Value ProgramObject::replay(const Napi::CallbackInfo& info) {
  Replay replay;
  replay.steps = integerArgument(info, 1, "steps", 1, Replay::kMaxSteps);
  const auto indexes = [&](size_t argument, const char* name) {
    const Bytes array = typedArray(info[argument], napi_int32_array, name);
    const int32_t* begin = static_cast<const int32_t*>(array.data);
    return std::vector<int64_t>(begin, begin + array.elements);
  };
  const std::vector<int64_t> links = indexes(2, "the links");
  for (size_t i = 0; i + 1 < links.size(); i += 2) replay.links.emplace_back(links[i], links[i + 1]);
  replay.counters = indexes(3, "the counters");
  replay.collected = indexes(4, "the collected outputs");
  try {
    program_->expectReplay(replay);
  } catch (const ProgramError& error) {
    throw coded(info.Env(), "ERR_OSTINATO_PROGRAM", error.what());
  }
  return start(info[0], false, &replay);
}

Napi::Value ProgramObject::start(const Napi::Value& given, bool check, const Replay* replay) {
  const Napi::Env env = given.Env();
  const std::vector<Bytes> feeds = feedArrays(*program_, given);
  Store::Lease lease =
      leaseBound(env, *program_, replay && replay->steps > 1 ? Runs::repeatedly : Runs::once, outside_);
  for (size_t i = 0; i < feeds.size(); i++) {
    std::memcpy(program_->feed(static_cast<int64_t>(i)).data, feeds[i].data, feeds[i].elements * 4);
  }
  return (new RunWorker(env, program_, std::move(lease), check, replay))->start();
}

}  // namespace ostinato
