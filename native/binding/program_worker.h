// Work with a program on a thread of libuv, and the promise of its result. The program is shared with it, so the object
// may be collected meanwhile; Node waits for running work before it tears an environment down.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/program.h"

namespace ostinato {

class ProgramWorker : public Napi::AsyncWorker {
 public:
  // The lease ends with the work.
  ProgramWorker(Napi::Env env, const char* name, std::shared_ptr<Program> program, Store::Lease lease);

  // Sends it off; the worker deletes itself.
  Napi::Promise start();

 protected:
  Program& program() const { return *program_; }

  // Off the event loop. What it throws rejects the promise.
  virtual void work() = 0;
  // After the work, failed or not; the lease has ended.
  virtual void done() {}
  // The value that the promise resolves with. Beside it stand the times of the ops, where the program keeps them.
  virtual Napi::Object result(Napi::Env env) = 0;
  // The purpose of memory that could not be had.
  virtual const char* purpose() const = 0;

 private:
  void Execute() override;
  void OnOK() override;
  // Rejects for errors outside the cases that Execute tells apart.
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }
  void fail(const char* code, const std::string& message, int64_t op = -1);

  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Program> program_;
  Store::Lease lease_;
  std::vector<OpTime> times_;
  const char* code_ = nullptr;
  int64_t op_ = -1;
  std::string message_;
};

}  // namespace ostinato
