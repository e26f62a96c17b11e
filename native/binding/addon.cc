// Everything that the addon exports, on one screen. Conversions are in the other files of this folder.
#include <napi.h>

#include <mutex>

#include "base/thread_pool.h"
#include "binding/arguments.h"
#include "binding/communicator_object.h"
#include "binding/ngram_object.h"
#include "binding/pinned.h"
#include "binding/program_object.h"
#include "binding/search_object.h"
#include "binding/store_object.h"
#include "kernels/tiers.h"
#include "ops/registry.h"
#include "products/blas/blas.h"
#include "products/provider.h"
#include "runtime/configuration.h"

namespace ostinato {
namespace {

// The table of ops, for a test to compare with lib/graph's.
Napi::Value operations(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  constexpr uint32_t kAll = ~uint32_t{0};
  // Those names whose bit is set.
  const auto listed = [&](const Names& names, uint32_t bits) {
    Napi::Array list = Napi::Array::New(env);
    for (int i = 0; i < names.count(); i++) {
      if (bits >> i & 1) list.Set(list.Length(), names.all[i]);
    }
    return list;
  };
  Napi::Array all = Napi::Array::New(env);
  for (int64_t i = 0; i < operationCount(); i++) {
    const Operation& operation = operationOf(i);
    Napi::Object about = Napi::Object::New(env);
    about.Set("name", operation.name);
    about.Set("operands", listed(operation.operands, kAll));
    about.Set("results", listed(operation.results, kAll));
    about.Set("attributes", listed(operation.attributes, kAll));
    about.Set("optionalOperands", listed(operation.operands, operation.optionalOperands));
    about.Set("optionalResults", listed(operation.results, operation.optionalResults));
    about.Set("mutates", listed(operation.operands, operation.mutates));
    about.Set("consumes", listed(operation.operands, operation.consumes));
    about.Set("several", operation.several);
    about.Set("view", operation.view);
    all.Set(static_cast<uint32_t>(i), about);
  }
  return all;
}

// Changes a setting that runs depend on, unless one is under way.
template <class F>
void configure(const Napi::CallbackInfo& info, F&& change) {
  std::unique_lock<SharedMutex> lock(configurationLock(), std::try_to_lock);
  if (!lock) throw coded(info.Env(), "ERR_OSTINATO_BUSY", "threads and kernels cannot change while a program runs");
  change();
  configurationChanged();
}

void setThreads(const Napi::CallbackInfo& info) {
  const int threads = static_cast<int>(integerArgument(info, 0, "threads", 1, kMaxThreads));
  configure(info, [&] { ThreadPool::instance().setThreads(threads); });
}

Napi::Value threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), ThreadPool::instance().threads());
}

std::string word(const Napi::CallbackInfo& info, const char* name) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), std::string("expected ") + name + " to be a string");
  return info[0].As<Napi::String>().Utf8Value();
}

void setKernels(const Napi::CallbackInfo& info) {
  const std::string name = word(info, "the kernels");
  configure(info, [&] {
    if (!setTier(name.c_str())) {
      throw coded(info.Env(), "ERR_OSTINATO_OPTION", "this CPU or this binary has no kernels named " + name);
    }
  });
}

void setGemm(const Napi::CallbackInfo& info) {
  const std::string name = word(info, "the provider");
  configure(info, [&] {
    if (!setProvider(name.c_str())) {
      throw coded(info.Env(), "ERR_OSTINATO_OPTION", "there is no matrix product provider named " + name + " here");
    }
  });
}

Napi::Value information(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object kernels = Napi::Object::New(env);
  kernels.Set("chosen", tierName(currentTier()));
  kernels.Set("reason", tierReason());
  Napi::Array available = Napi::Array::New(env);
  for (Tier tier : availableTiers()) available.Set(available.Length(), tierName(tier));
  kernels.Set("available", available);
  Napi::Object result = Napi::Object::New(env);
  result.Set("kernels", kernels);
  Napi::Object products = Napi::Object::New(env);
  products.Set("provider", chosenProvider());
  const Blas* blas = systemBlas();
  products.Set("blas", blas ? Napi::Value(Napi::String::New(env, std::string(blas->library) + " " + blas->description))
                            : env.Null());
  const auto rounding = [&](Precision precision) -> Napi::Value {
    const Provider* provider = roundingProvider(precision);
    return provider ? Napi::Value(Napi::String::New(env, provider->name())) : env.Null();
  };
  products.Set("high", rounding(Precision::high));
  products.Set("medium", rounding(Precision::medium));
  result.Set("gemm", products);
  result.Set("threads", ThreadPool::instance().threads());
  return result;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  try {
    expectEnvironment();
  } catch (const EnvironmentError& error) {
    throw coded(env, "ERR_OSTINATO_OPTION", error.what());
  }
  keepLoaded();
  exports.Set("Store", StoreObject::define(env));
  exports.Set("Program", ProgramObject::define(env));
  exports.Set("Search", SearchObject::define(env));
  exports.Set("Ngrams", NgramObject::define(env));
  exports.Set("Communicator", CommunicatorObject::define(env));
  exports.Set("threadGroup", Napi::Function::New(env, CommunicatorObject::threadGroup, "threadGroup"));
  exports.Set("operations", Napi::Function::New(env, operations, "operations"));
  exports.Set("info", Napi::Function::New(env, information, "info"));
  exports.Set("threads", Napi::Function::New(env, threads, "threads"));
  exports.Set("setThreads", Napi::Function::New(env, setThreads, "setThreads"));
  exports.Set("setKernels", Napi::Function::New(env, setKernels, "setKernels"));
  exports.Set("setGemm", Napi::Function::New(env, setGemm, "setGemm"));
  return exports;
}

NODE_API_MODULE(ostinato, initialise)

}  // namespace
}  // namespace ostinato
