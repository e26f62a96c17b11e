#include "binding/program_object.h"

#include <cstring>
#include <vector>

#include "binding/arguments.h"
#include "binding/store_object.h"

namespace ostinato {
namespace {

// One run on a thread of libuv. The program is shared with it, so the object may be collected meanwhile; Node waits for
// running work before it tears an environment down.
class RunWorker : public Napi::AsyncWorker {
 public:
  RunWorker(Napi::Env env, std::shared_ptr<Program> program, Store::Lease lease, bool check)
      : Napi::AsyncWorker(env, "ostinato.run"),
        deferred_(Napi::Promise::Deferred::New(env)),
        program_(std::move(program)),
        lease_(std::move(lease)),
        check_(check) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      nonFinite_ = program_->run(check_);
      outputs_.resize(static_cast<size_t>(program_->outputCount()));
      for (size_t i = 0; i < outputs_.size(); i++) {
        const TensorView& view = program_->output(static_cast<int64_t>(i));
        const char* begin = static_cast<const char*>(view.data);
        outputs_[i].assign(begin, begin + view.elements() * 4);
      }
    } catch (const InputError& error) {
      fail("ERR_OSTINATO_INPUT", error.what());
    } catch (const std::bad_alloc&) {
      fail("ERR_OSTINATO_MEMORY", "not enough memory for the results of a run");
    } catch (const std::exception& error) {
      fail("ERR_OSTINATO_PROGRAM", error.what());
    }
    lease_.reset();
  }

  void OnOK() override {
    const Napi::Env env = Env();
    if (code_) {
      deferred_.Reject(coded(env, code_, message_).Value());
      return;
    }
    Napi::Array outputs = Napi::Array::New(env, outputs_.size());
    for (size_t i = 0; i < outputs_.size(); i++) {
      const std::vector<char>& bytes = outputs_[i];
      Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, bytes.size());
      std::memcpy(buffer.Data(), bytes.data(), bytes.size());
      const size_t count = bytes.size() / 4;
      if (program_->output(static_cast<int64_t>(i)).dtype == DType::f32) {
        outputs.Set(static_cast<uint32_t>(i), Napi::Float32Array::New(env, count, buffer, 0));
      } else {
        outputs.Set(static_cast<uint32_t>(i), Napi::Int32Array::New(env, count, buffer, 0));
      }
    }
    Napi::Object result = Napi::Object::New(env);
    result.Set("outputs", outputs);
    result.Set("nonFinite", Napi::Number::New(env, static_cast<double>(nonFinite_)));
    deferred_.Resolve(result);
  }

  // What went wrong outside the cases that Execute tells apart.
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  void fail(const char* code, const std::string& message) {
    code_ = code;
    message_ = message;
  }

  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Program> program_;
  Store::Lease lease_;
  bool check_;
  int64_t nonFinite_ = -1;
  std::vector<std::vector<char>> outputs_;
  const char* code_ = nullptr;
  std::string message_;
};

}  // namespace

Napi::Function ProgramObject::define(Napi::Env env) {
  return DefineClass(env, "Program", {InstanceMethod<&ProgramObject::run>("run")});
}

ProgramObject::ProgramObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ProgramObject>(info) {
  const Napi::Env env = info.Env();
  std::shared_ptr<Store> store = StoreObject::from(info[0]);
  const Bytes words = typedArray(info[1], napi_float64_array, "the program");
  const auto precision = info[2].IsUndefined()
                             ? Precision::highest
                             : static_cast<Precision>(integerArgument(info, 2, "the precision", 0, 2));
  try {
    program_ = std::make_shared<Program>(std::move(store), static_cast<const double*>(words.data), words.elements,
                                         precision);
    outside_.add(env, program_->memoryBytes());
  } catch (const ProgramError& error) {
    throw coded(env, "ERR_OSTINATO_PROGRAM", error.what());
  } catch (const std::bad_alloc&) {
    throw coded(env, "ERR_OSTINATO_MEMORY", "not enough memory for the program's values");
  }
}

Napi::Value ProgramObject::run(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int64_t count = program_->feedCount();
  if (!info[0].IsArray() || info[0].As<Napi::Array>().Length() != static_cast<uint32_t>(count)) {
    throw Napi::TypeError::New(env, "expected an array of " + std::to_string(count) + " feeds");
  }
  if (!info[1].IsBoolean()) throw Napi::TypeError::New(env, "expected check to be true or false");
  // Elements are fetched first: a getter may run JavaScript, which may detach or resize what was looked at before.
  const Napi::Array array = info[0].As<Napi::Array>();
  std::vector<Napi::Value> feeds;
  for (int64_t i = 0; i < count; i++) feeds.push_back(array.Get(static_cast<uint32_t>(i)));
  std::vector<Bytes> sources;
  for (int64_t i = 0; i < count; i++) {
    const TensorView& view = program_->feed(i);
    const std::string name = "feed " + std::to_string(i);
    const auto type = view.dtype == DType::f32 ? napi_float32_array : napi_int32_array;
    sources.push_back(typedArray(feeds[static_cast<size_t>(i)], type, name));
    if (static_cast<int64_t>(sources.back().elements) != view.elements()) {
      throw Napi::TypeError::New(env, "expected " + name + " to hold " + std::to_string(view.elements()) +
                                          " values, got " + std::to_string(sources.back().elements));
    }
  }
  Store::Lease lease = program_->store().acquire();
  if (!lease) throw coded(env, "ERR_OSTINATO_BUSY", "the store is in use by another run");
  for (int64_t i = 0; i < count; i++) {
    const Bytes& source = sources[static_cast<size_t>(i)];
    std::memcpy(program_->feed(i).data, source.data, source.elements * 4);
  }
  auto* worker = new RunWorker(env, program_, std::move(lease), info[1].As<Napi::Boolean>().Value());
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace ostinato
