#include "wasm/failure.h"

#include "wasm/exports.h"

namespace ostinato {
namespace {

// As the loader reads it: two addresses of texts that end with 0, and a number.
struct Failure {
  const char* code = "";
  const char* text = "";
  int32_t op = -1;
};

Failure last;

}  // namespace

void fail(const char* code, const std::string& text, int64_t op) {
  static std::string kept;
  kept = text;
  last = {code, kept.c_str(), static_cast<int32_t>(op)};
}

OSTINATO_EXPORT(failure) const Failure* failure() { return &last; }

}  // namespace ostinato
