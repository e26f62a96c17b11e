#include "binding/store_object.h"

#include <cstring>

#include "binding/arguments.h"

namespace ostinato {
namespace {

constexpr napi_type_tag kStoreTag = {0x6f7374696e61746f, 0x73746f7265000001};

}  // namespace

Napi::Function StoreObject::define(Napi::Env env) {
  return DefineClass(env, "Store",
                     {InstanceMethod<&StoreObject::declare>("declare"), InstanceMethod<&StoreObject::read>("read"),
                      InstanceMethod<&StoreObject::write>("write"), InstanceMethod<&StoreObject::map>("map"),
                      InstanceMethod<&StoreObject::compact>("compact")});
}

StoreObject::StoreObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<StoreObject>(info) {
  info.This().As<Napi::Object>().TypeTag(&kStoreTag);
}

std::shared_ptr<Store> StoreObject::from(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kStoreTag)) {
    throw Napi::TypeError::New(value.Env(), "expected a Store");
  }
  return Unwrap(value.As<Napi::Object>())->store_;
}

Napi::Value StoreObject::declare(const Napi::CallbackInfo& info) {
  const int64_t dtype = integerArgument(info, 0, "dtype", 0, 1);
  const int64_t elements = integerArgument(info, 1, "elements", 1, Store::kMaxElements);
  try {
    const int64_t index = store_->declare(static_cast<DType>(dtype), elements);
    outside_.add(info.Env(), elements * 4);
    return Napi::Number::New(info.Env(), static_cast<double>(index));
  } catch (const std::bad_alloc&) {
    throw coded(info.Env(), "ERR_OSTINATO_MEMORY",
                "not enough memory for a variable of " + std::to_string(elements * 4) + " bytes");
  }
}

void StoreObject::copy(const Napi::CallbackInfo& info, bool write) {
  const int64_t index = integerArgument(info, 0, "index", 0, store_->size() - 1);
  const Store::Variable& variable = store_->variable(index);
  const auto type = variable.dtype == DType::f32 ? napi_float32_array : napi_int32_array;
  const Bytes array = typedArray(info[1], type, "the values");
  const int64_t count = static_cast<int64_t>(array.elements);
  const bool whole = info[2].IsUndefined();
  if (whole ? count != variable.elements : count > variable.elements) {
    throw Napi::TypeError::New(
        info.Env(), "expected " + std::to_string(variable.elements) + " values, got " + std::to_string(array.elements));
  }
  const int64_t begin = whole ? 0 : integerArgument(info, 2, "begin", 0, variable.elements - count);
  const Store::Lease lease = store_->acquire();
  if (!lease) throw coded(info.Env(), "ERR_OSTINATO_BUSY", "the store is in use by a run");
  const size_t bytes = array.elements * 4;
  if (write) {
    variable.copies->clear();
    std::memcpy(static_cast<char*>(variable.data()) + begin * 4, array.data, bytes);
  } else {
    std::memcpy(array.data, static_cast<const char*>(variable.data()) + begin * 4, bytes);
    if (variable.file.isBroken()) throw coded(info.Env(), "ERR_OSTINATO_FILE", Store::kBroken);
  }
}

Napi::Value StoreObject::read(const Napi::CallbackInfo& info) {
  copy(info, false);
  return info.Env().Undefined();
}

Napi::Value StoreObject::write(const Napi::CallbackInfo& info) {
  copy(info, true);
  return info.Env().Undefined();
}

Napi::Value StoreObject::map(const Napi::CallbackInfo& info) {
  const int64_t index = integerArgument(info, 0, "index", 0, store_->size() - 1);
  const int64_t file = integerArgument(info, 1, "the file", 0, INT32_MAX);
  const int64_t begin = integerArgument(info, 2, "begin", 0, int64_t{1} << 52);
  const Store::Lease lease = store_->acquire();
  if (!lease) throw coded(info.Env(), "ERR_OSTINATO_BUSY", "the store is in use by a run");
  return Napi::Boolean::New(info.Env(), store_->map(index, static_cast<int>(file), begin));
}

Napi::Value StoreObject::compact(const Napi::CallbackInfo& info) {
  const int64_t index = integerArgument(info, 0, "index", 0, store_->size() - 1);
  const Store::Variable& variable = store_->variable(index);
  const int64_t rows = integerArgument(info, 1, "rows", 1, variable.elements);
  const int64_t type = integerArgument(info, 2, "type", 0, 2);
  if (variable.dtype != DType::f32 || variable.elements % rows != 0) {
    throw Napi::TypeError::New(info.Env(),
                               "expected a matrix of float32 values with " + std::to_string(rows) + " rows");
  }
  const Store::Lease lease = store_->acquire();
  if (!lease) throw coded(info.Env(), "ERR_OSTINATO_BUSY", "the store is in use by a run");
  try {
    float* values = static_cast<float*>(variable.data());
    const bool fits =
        compactWeights(values, rows, variable.elements / rows, static_cast<WeightType>(type), variable.copies->compact);
    if (!fits) throw coded(info.Env(), "ERR_OSTINATO_INPUT", "a weight is not finite");
    variable.copies->forgetKept();
  } catch (const std::bad_alloc&) {
    throw coded(info.Env(), "ERR_OSTINATO_MEMORY", "not enough memory for compact weights");
  }
  return info.Env().Undefined();
}

}  // namespace ostinato
