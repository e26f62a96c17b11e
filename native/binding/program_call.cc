#include "binding/program_call.h"

#include <new>
#include <string>

namespace ostinato {

std::vector<Bytes> feedArrays(const Program& program, const Napi::Value& given) {
  const Napi::Env env = given.Env();
  const int64_t count = program.feedCount();
  if (!given.IsArray() || given.As<Napi::Array>().Length() != static_cast<uint32_t>(count)) {
    throw Napi::TypeError::New(env, "expected an array of " + std::to_string(count) + " feeds");
  }
  // Elements are fetched first: a getter may run JavaScript, which may detach or resize what was looked at before.
  const Napi::Array array = given.As<Napi::Array>();
  std::vector<Napi::Value> feeds;
  for (int64_t i = 0; i < count; i++) feeds.push_back(array.Get(static_cast<uint32_t>(i)));
  std::vector<Bytes> sources;
  for (int64_t i = 0; i < count; i++) {
    const TensorView& view = program.feed(i);
    const std::string name = "feed " + std::to_string(i);
    const auto type = view.dtype == DType::f32 ? napi_float32_array : napi_int32_array;
    sources.push_back(typedArray(feeds[static_cast<size_t>(i)], type, name));
    if (static_cast<int64_t>(sources.back().elements) != view.elements()) {
      throw Napi::TypeError::New(env, "expected " + name + " to hold " + std::to_string(view.elements()) +
                                          " values, got " + std::to_string(sources.back().elements));
    }
  }
  return sources;
}

Store::Lease leaseBound(Napi::Env env, Program& program, Runs runs, OutsideMemory& outside) {
  Store::Lease lease = program.store().acquire();
  if (!lease) throw coded(env, "ERR_OSTINATO_BUSY", "the store is in use by another run");
  try {
    const int64_t before = program.store().workspaceBytes();
    program.bind(runs);
    outside.add(env, program.store().workspaceBytes() - before);
  } catch (const std::bad_alloc&) {
    throw coded(env, "ERR_OSTINATO_MEMORY", "not enough memory for the program's values");
  } catch (const ProgramError& error) {
    throw coded(env, "ERR_OSTINATO_PROGRAM", error.what());
  }
  return lease;
}

}  // namespace ostinato
