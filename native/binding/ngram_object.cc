#include "binding/ngram_object.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "binding/arguments.h"
#include "ngram/held_out.h"
#include "ngram/ngram_estimate.h"
#include "ngram/ngram_pruning.h"
#include "ngram/ngram_table.h"

namespace ostinato {
namespace {

using State = NgramObject::State;

// Work on a state off the event loop, and the promise of what comes of it.
class NgramWorker final : public Napi::AsyncWorker {
 public:
  using Work = std::function<void(State&)>;
  using Result = std::function<Napi::Value(Napi::Env, State&)>;

  NgramWorker(Napi::Env env, std::shared_ptr<State> state, Work work, Result result)
      : Napi::AsyncWorker(env, "ostinato.ngrams"),
        deferred_(Napi::Promise::Deferred::New(env)),
        state_(std::move(state)),
        work_(std::move(work)),
        result_(std::move(result)) {
    state_->busy = true;
    state_->stop = false;
  }

  Napi::Promise start() {
    const Napi::Promise promise = deferred_.Promise();
    Queue();
    return promise;
  }

 private:
  void Execute() override {
    try {
      work_(*state_);
    } catch (const NgramsStopped& error) {
      fail("ERR_OSTINATO_INPUT", error.what());
    } catch (const std::bad_alloc&) {
      fail("ERR_OSTINATO_MEMORY", "not enough memory for the n-grams");
    } catch (const std::system_error& error) {
      fail("ERR_OSTINATO_FILE", error.what());
    } catch (const std::exception& error) {
      fail("ERR_OSTINATO_INPUT", error.what());
    }
  }
  void OnOK() override {
    state_->busy = false;
    if (code_) {
      deferred_.Reject(coded(Env(), code_, message_).Value());
    } else {
      deferred_.Resolve(result_(Env(), *state_));
    }
  }
  void OnError(const Napi::Error& error) override {
    state_->busy = false;
    deferred_.Reject(error.Value());
  }
  void fail(const char* code, const std::string& message) {
    code_ = code;
    message_ = message;
  }

  Napi::Promise::Deferred deferred_;
  std::shared_ptr<State> state_;
  Work work_;
  Result result_;
  const char* code_ = nullptr;
  std::string message_;
};

Napi::Value numbersFor(Napi::Env env, const std::vector<double>& numbers) {
  Napi::Float64Array array = Napi::Float64Array::New(env, numbers.size());
  for (size_t i = 0; i < numbers.size(); i++) array[i] = numbers[i];
  return array;
}

std::vector<double> numbersIn(const Napi::Value& value, const char* name) {
  const Bytes bytes = typedArray(value, napi_float64_array, name);
  const double* begin = static_cast<const double*>(bytes.data);
  return {begin, begin + bytes.elements};
}

}  // namespace

Napi::Function NgramObject::define(Napi::Env env) {
  return DefineClass(env, "Ngrams",
                     {InstanceMethod<&NgramObject::add>("add"), InstanceMethod<&NgramObject::addNgrams>("addNgrams"),
                      InstanceMethod<&NgramObject::pack>("pack"), InstanceMethod<&NgramObject::countPart>("countPart"),
                      InstanceMethod<&NgramObject::count>("count"), InstanceMethod<&NgramObject::weights>("weights"),
                      InstanceMethod<&NgramObject::estimate>("estimate"), InstanceMethod<&NgramObject::prune>("prune"),
                      InstanceMethod<&NgramObject::read>("read"), InstanceMethod<&NgramObject::append>("append"),
                      InstanceMethod<&NgramObject::stop>("stop")});
}

NgramObject::NgramObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NgramObject>(info) {
  const int64_t V = integerArgument(info, 0, "the vocabulary", 1, INT32_MAX - 1);
  const int32_t begin = static_cast<int32_t>(integerArgument(info, 1, "the beginning of sentences", -1, V - 1)),
                end = static_cast<int32_t>(integerArgument(info, 2, "the end of sentences", -1, V - 1));
  if ((begin < 0) != (end < 0)) throw Napi::TypeError::New(info.Env(), "expected both marks of sentences, or none");
  state_ = std::make_shared<State>(V, SentenceIds{begin, end});
}

void NgramObject::expectIdle(Napi::Env env) const {
  if (state_->busy) throw coded(env, "ERR_OSTINATO_BUSY", "the n-grams are being counted");
}

void NgramObject::expectCountable(Napi::Env env, int order) const {
  if (state_->counts) throw Napi::TypeError::New(env, "the text has been counted already");
  if (state_->parts && order != state_->partsOrder) {
    throw Napi::TypeError::New(env, "expected the order of the parts that were counted");
  }
}

Napi::Value NgramObject::add(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  expectIdle(env);
  const Bytes ids = typedArray(info[0], napi_int32_array, "the ids");
  const bool heldOut = info[1].ToBoolean();
  if (!heldOut && state_->counts) throw Napi::TypeError::New(env, "the text has been counted already");
  NgramText& text = heldOut ? state_->heldOut : state_->text;
  try {
    const char* wrong = text.add({static_cast<const int32_t*>(ids.data), ids.elements});
    if (wrong) throw coded(env, "ERR_OSTINATO_INPUT", wrong);
  } catch (const std::bad_alloc&) {
    throw coded(env, "ERR_OSTINATO_MEMORY", "not enough memory for the text");
  }
  return env.Undefined();
}

Napi::Value NgramObject::addNgrams(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  expectIdle(env);
  const int order = static_cast<int>(integerArgument(info, 0, "the order", 1, NgramTable::kMaxOrder));
  const Bytes ids = typedArray(info[1], napi_int32_array, "the ids"),
              probabilities = typedArray(info[2], napi_float32_array, "the probabilities"),
              backoffs = typedArray(info[3], napi_float32_array, "the back-off weights");
  const size_t count = probabilities.elements;
  if (backoffs.elements != count || ids.elements != count * static_cast<size_t>(order)) {
    throw Napi::TypeError::New(env, "expected as many ids, probabilities and weights as n-grams");
  }
  try {
    if (!state_->packer.add(order, {static_cast<const int32_t*>(ids.data), ids.elements},
                            {static_cast<const float*>(probabilities.data), count},
                            {static_cast<const float*>(backoffs.data), count})) {
      throw coded(env, "ERR_OSTINATO_INPUT", "an id is outside of the vocabulary");
    }
  } catch (const std::bad_alloc&) {
    throw coded(env, "ERR_OSTINATO_MEMORY", "not enough memory for the n-grams");
  }
  return env.Undefined();
}

Napi::Value NgramObject::pack(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  expectIdle(env);
  const auto counts = std::make_shared<std::vector<int64_t>>();
  const auto work = [counts](State& state) {
    state.table = state.packer.pack(state.stop);
    *counts = state.packer.counts();
    state.packer = NgramPacker(state.text.V());
  };
  const auto result = [counts](Napi::Env env, State&) {
    return numbersFor(env, std::vector<double>(counts->begin(), counts->end()));
  };
  return (new NgramWorker(env, state_, work, result))->start();
}

Napi::Value NgramObject::countPart(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int order = static_cast<int>(integerArgument(info, 0, "the order", 1, NgramTable::kMaxOrder));
  if (!info[1].IsString()) throw Napi::TypeError::New(env, "expected the folder of a temporary file");
  const std::string folder = info[1].As<Napi::String>().Utf8Value();
  expectIdle(env);
  expectCountable(env, order);
  const auto work = [order, folder](State& state) {
    if (!state.parts) state.parts = std::make_unique<CountParts>(folder);
    state.partsOrder = order;
    const NgramText part = state.text.takePart(order);
    if (part.size() > part.counted()) state.parts->add(countNgrams(part, order, state.stop));
  };
  const auto result = [](Napi::Env env, State& state) -> Napi::Value {
    return Napi::Number::New(env, static_cast<double>(state.text.size()));
  };
  return (new NgramWorker(env, state_, work, result))->start();
}

Napi::Value NgramObject::count(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int order = static_cast<int>(integerArgument(info, 0, "the order", 1, NgramTable::kMaxOrder));
  expectIdle(env);
  expectCountable(env, order);
  const auto work = [order](State& state) {
    state.text.finish();
    NgramCounts counts = countNgrams(state.text, order, state.stop);
    state.text = NgramText(state.text.V(), state.text.marks());
    if (state.parts) {
      state.parts->add(counts);
      counts = {};
      counts = state.parts->merge(state.stop);
      state.parts.reset();
    }
    state.counts = std::move(counts);
  };
  const auto result = [](Napi::Env env, State& state) {
    std::vector<double> sizes;
    for (const CountedLevel& level : state.counts->levels) {
      sizes.push_back(static_cast<double>(level.size() - std::count(level.counts.begin(), level.counts.end(), 0U)));
    }
    return numbersFor(env, sizes);
  };
  return (new NgramWorker(env, state_, work, result))->start();
}

Napi::Value NgramObject::weights(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  expectIdle(env);
  if (!state_->counts) throw Napi::TypeError::New(env, "the text has not been counted");
  const auto found = std::make_shared<std::vector<double>>();
  const auto work = [found](State& state) {
    state.heldOut.finish();
    *found = interpolationWeights(*state.counts, state.heldOut, state.stop);
  };
  const auto result = [found](Napi::Env env, State&) { return numbersFor(env, *found); };
  return (new NgramWorker(env, state_, work, result))->start();
}

Napi::Value NgramObject::estimate(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString()) throw Napi::TypeError::New(env, "expected the smoothing to be a string");
  const std::string name = info[0].As<Napi::String>().Utf8Value();
  const std::vector<double> numbers = numbersIn(info[1], "the numbers of the smoothing");
  SmoothingOptions options;
  options.weights = numbersIn(info[2], "the weights");
  const std::vector<double> least = numbersIn(info[3], "the minimum counts");
  MinimumCounts minimum;
  for (const double count : least) {
    if (!(count >= (minimum.empty() ? 1 : minimum.back()) && count < 4e9)) {
      throw Napi::TypeError::New(env, "expected minimum counts of at least 1 that do not fall");
    }
    minimum.push_back(static_cast<uint32_t>(count));
  }
  expectIdle(env);
  if (!state_->counts) throw Napi::TypeError::New(env, "the text has not been counted");
  const NgramCounts& counts = *state_->counts;
  const bool fits = numbers.size() == 4 && numbers[0] > 0 && numbers[0] <= 1e9 && numbers[1] < 1e6 && numbers[2] >= 0 &&
                    numbers[2] < 1e9 && numbers[3] >= 1 && numbers[3] <= OrderStatistics().ofCount.size() - 2;
  if (!fits) throw Napi::TypeError::New(env, "expected four numbers of the smoothing within their ranges");
  options.added = numbers[0];
  options.discount = numbers[1];
  options.threshold = static_cast<int>(numbers[2]);
  options.mostDiscounted = static_cast<int>(numbers[3]);
  if (name == "interpolation" && options.weights.size() != static_cast<size_t>(counts.order()) + 1) {
    throw Napi::TypeError::New(env, "expected a weight for each order and for the uniform distribution");
  }
  const ModelSize size{counts.order(), static_cast<double>(counts.predicted())};
  std::shared_ptr<Smoothing> smoothing = makeSmoothing(name, options, size);
  if (!smoothing) throw Napi::TypeError::New(env, "there is no smoothing named " + name);
  const auto notes = std::make_shared<Notes>();
  const auto work = [smoothing, notes, minimum](State& state) {
    state.table = {};
    state.table = estimateNgrams(*state.counts, *smoothing, minimum, *notes, state.stop);
  };
  const auto result = [notes](Napi::Env env, State& state) {
    Napi::Array said = Napi::Array::New(env);
    for (const std::string& note : *notes) said.Set(said.Length(), note);
    Napi::Object object = Napi::Object::New(env);
    object.Set("size", Napi::Number::New(env, static_cast<double>(state.table.size())));
    object.Set("notes", said);
    return object;
  };
  return (new NgramWorker(env, state_, work, result))->start();
}

Napi::Value NgramObject::prune(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) throw Napi::TypeError::New(env, "expected the threshold to be a number");
  const double threshold = info[0].As<Napi::Number>().DoubleValue();
  expectIdle(env);
  const auto work = [threshold](State& state) {
    NgramTable table;
    const char* wrong = table.open(state.table.data(), static_cast<int64_t>(state.table.size()), state.text.V());
    if (wrong) throw std::invalid_argument(std::string("the n-grams cannot be used: ") + wrong);
    state.table = pruneNgrams(table, state.text.marks(), threshold, state.stop);
  };
  const auto result = [](Napi::Env env, State& state) -> Napi::Value {
    return Napi::Number::New(env, static_cast<double>(state.table.size()));
  };
  return (new NgramWorker(env, state_, work, result))->start();
}

Napi::Value NgramObject::append(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  expectIdle(env);
  const Bytes numbers = typedArray(info[0], napi_int32_array, "the numbers");
  const int32_t* begin = static_cast<const int32_t*>(numbers.data);
  try {
    state_->table.insert(state_->table.end(), begin, begin + numbers.elements);
  } catch (const std::bad_alloc&) {
    throw coded(env, "ERR_OSTINATO_MEMORY", "not enough memory for the n-grams");
  }
  return env.Undefined();
}

Napi::Value NgramObject::read(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  expectIdle(env);
  const Bytes into = typedArray(info[0], napi_int32_array, "the numbers");
  const int64_t size = static_cast<int64_t>(state_->table.size()), count = static_cast<int64_t>(into.elements);
  if (count > size) throw Napi::TypeError::New(env, "expected at most " + std::to_string(size) + " numbers");
  const int64_t begin = integerArgument(info, 1, "begin", 0, size - count);
  std::memcpy(into.data, state_->table.data() + begin, into.elements * sizeof(int32_t));
  return env.Undefined();
}

Napi::Value NgramObject::stop(const Napi::CallbackInfo& info) {
  state_->stop = true;
  return info.Env().Undefined();
}

}  // namespace ostinato
