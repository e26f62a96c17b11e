#include "binding/program_worker.h"

#include <new>

#include "binding/arguments.h"

namespace ostinato {

ProgramWorker::ProgramWorker(Napi::Env env, const char* name, std::shared_ptr<Program> program, Store::Lease lease)
    : Napi::AsyncWorker(env, name),
      deferred_(Napi::Promise::Deferred::New(env)),
      program_(std::move(program)),
      lease_(std::move(lease)) {}

Napi::Promise ProgramWorker::start() {
  const Napi::Promise promise = deferred_.Promise();
  Queue();
  return promise;
}

void ProgramWorker::Execute() {
  try {
    work();
  } catch (const InputError& error) {
    fail("ERR_OSTINATO_INPUT", error.what(), error.op);
  } catch (const std::bad_alloc&) {
    fail("ERR_OSTINATO_MEMORY", std::string("not enough memory for ") + purpose());
  } catch (const CommunicationError& error) {
    fail("ERR_OSTINATO_COMMUNICATION", error.what());
  } catch (const std::exception& error) {
    fail("ERR_OSTINATO_PROGRAM", error.what());
  }
  times_ = program_->takeTimes();
  lease_.reset();
  done();
}

void ProgramWorker::OnOK() {
  const Napi::Env env = Env();
  // Whatever came of the zeros that were read in its place. Asked here, for variables may be declared while work goes
  // on.
  if (program_->store().isBroken()) fail("ERR_OSTINATO_FILE", Store::kBroken);
  if (code_) {
    deferred_.Reject(coded(env, code_, message_, op_).Value());
    return;
  }
  Napi::Object resolved = result(env);
  if (!times_.empty()) {
    Napi::Float64Array times = Napi::Float64Array::New(env, 3 * times_.size());
    for (size_t i = 0; i < times_.size(); i++) {
      times[3 * i] = static_cast<double>(times_[i].op);
      times[3 * i + 1] = times_[i].begin;
      times[3 * i + 2] = times_[i].end;
    }
    resolved.Set("times", times);
  }
  deferred_.Resolve(resolved);
}

void ProgramWorker::fail(const char* code, const std::string& message, int64_t op) {
  code_ = code;
  message_ = message;
  op_ = op;
}

}  // namespace ostinato
