// Exceptions end here: JavaScript sees a return value that says "failed", and asks failure() for the rest.
#pragma once

#include <cstdint>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "ops/operation.h"

namespace ostinato {

// Keeps what failure() tells. `op`: the number of the op that refused its input, or -1.
void fail(const char* code, const std::string& text, int64_t op = -1);

// The value of the call, or `failed`. `purpose`: what memory is for, in a message.
template <class T, class F>
T guarded(const char* purpose, T failed, F&& call) {
  try {
    return call();
  } catch (const InputError& error) {
    fail("ERR_OSTINATO_INPUT", error.what(), error.op);
  } catch (const std::bad_alloc&) {
    fail("ERR_OSTINATO_MEMORY", std::string("not enough memory for ") + purpose);
  } catch (const std::invalid_argument& error) {
    fail("ERR_OSTINATO_INPUT", error.what());
  } catch (const std::exception& error) {
    fail("ERR_OSTINATO_PROGRAM", error.what());
  }
  return failed;
}

}  // namespace ostinato
