// JavaScript values to plain ones, with a clear TypeError for the wrong kind.
#pragma once

#include <napi.h>

#include <cmath>
#include <cstdint>
#include <string>

namespace ostinato {

// `op`: the number of the op of a program that refused its input, as the property `op`; -1 for none.
inline Napi::Error coded(Napi::Env env, const char* code, const std::string& message, int64_t op = -1) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  if (op >= 0) error.Set("op", Napi::Number::New(env, static_cast<double>(op)));
  return error;
}

inline int64_t integerArgument(const Napi::CallbackInfo& info, size_t index, const char* name, int64_t minimum,
                               int64_t maximum) {
  const Napi::Value value = info[index];
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (number == std::floor(number) && number >= static_cast<double>(minimum) &&
        number <= static_cast<double>(maximum)) {
      return static_cast<int64_t>(number);
    }
  }
  throw Napi::TypeError::New(info.Env(), std::string("expected ") + name + " to be a whole number from " +
                                             std::to_string(minimum) + " to " + std::to_string(maximum));
}

// A view of a typed array's memory. Only valid until JavaScript runs again.
struct Bytes {
  void* data;
  size_t elements;
};

// Throws TypeError unless `value` is a typed array of this type with memory behind it (not detached, not out of
// bounds).
inline Bytes typedArray(const Napi::Value& value, napi_typedarray_type type, const std::string& name) {
  const Napi::Env env = value.Env();
  static const char* const kNames[] = {"Int8Array",    "Uint8Array",    "Uint8ClampedArray", "Int16Array",
                                       "Uint16Array",  "Int32Array",    "Uint32Array",       "Float32Array",
                                       "Float64Array", "BigInt64Array", "BigUint64Array"};
  const std::string expected = "expected " + name + " to be a " + kNames[type];
  if (!value.IsTypedArray()) throw Napi::TypeError::New(env, expected);
  napi_typedarray_type actual;
  size_t length = 0, offset = 0;
  void* data = nullptr;
  napi_value buffer;
  if (napi_get_typedarray_info(env, value, &actual, &length, &data, &buffer, &offset) != napi_ok) {
    throw Napi::TypeError::New(env, expected + " that can be read");
  }
  if (actual != type) throw Napi::TypeError::New(env, expected);
  size_t bufferBytes = 0;
  void* bufferData = nullptr;
  if (napi_get_arraybuffer_info(env, buffer, &bufferData, &bufferBytes) == napi_ok) {
    const size_t size = type == napi_uint8_array ? 1 : type == napi_float64_array ? 8 : 4;
    // A resizable buffer may have shrunk under the view.
    if (offset > bufferBytes || length > (bufferBytes - offset) / size) {
      throw Napi::TypeError::New(env, expected + " whose buffer has not shrunk");
    }
  }
  if (length > 0 && !data) throw Napi::TypeError::New(env, expected + " whose buffer is not detached");
  return {data, length};
}

}  // namespace ostinato
