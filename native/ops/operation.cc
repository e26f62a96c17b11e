#include "ops/operation.h"

#include <cmath>

namespace ostinato {
namespace {

const char* dtypeName(DType dtype) { return dtype == DType::f32 ? "f32" : "i32"; }

std::string shapeText(const int64_t* dims, int rank) {
  std::string text = "[";
  for (int i = 0; i < rank; i++) text += (i ? "," : "") + std::to_string(dims[i]);
  return text + "]";
}

void expectTensor(const Call& call, const char* who, const TensorView& tensor, DType dtype, const int64_t* dims,
                  int rank) {
  bool fits = tensor.present && tensor.dtype == dtype && tensor.rank == rank;
  for (int i = 0; fits && i < rank; i++) fits = tensor.dims[i] == dims[i];
  if (fits) return;
  refuse(call, "expected " + std::string(who) + " to be " + dtypeName(dtype) + shapeText(dims, rank) + ", got " +
                   (tensor.present ? dtypeName(tensor.dtype) + shapeText(tensor) : "nothing"));
}

}  // namespace

std::string shapeText(const TensorView& tensor) { return shapeText(tensor.dims, tensor.rank); }

void refuse(const char* op, const std::string& message) { throw ProgramError(std::string(op) + ": " + message); }

const char* Call::operandName(int index) const { return operation->operands.all[operation->several ? 0 : index]; }

size_t Operation::check(const Call& call) const {
  const auto expectCount = [&](bool fits, const Names& names, const char* what, int count) {
    if (fits) return;
    const std::string expected = several && &names == &operands ? "one or more" : std::to_string(names.count());
    refuse(call, "expected " + expected + " " + what + ", got " + std::to_string(count));
  };
  const int n = call.operandCount;
  expectCount(several ? n > 0 : n == operands.count(), operands, "operands", n);
  expectCount(call.resultCount == results.count(), results, "results", call.resultCount);
  expectCount(call.attributeCount == attributes.count(), attributes, "attributes", call.attributeCount);
  for (int i = 0; i < n; i++) {
    if (call.operand(i).present || (optionalOperands >> i & 1)) continue;
    refuse(call, "expected " + std::string(call.operandName(i)) + ", got nothing");
  }
  return implementation.check(call);
}

void expectOperand(const Call& call, int index, DType dtype, int rank) {
  const TensorView& tensor = call.operands[index];
  if (tensor.present && tensor.dtype == dtype && (rank < 0 || tensor.rank == rank)) return;
  refuse(call, "expected " + std::string(call.operandName(index)) + " to be " + dtypeName(dtype) +
                   (rank < 0 ? "" : " of rank " + std::to_string(rank)) + ", got " +
                   (tensor.present ? dtypeName(tensor.dtype) + shapeText(tensor) : "nothing"));
}

void expectResult(const Call& call, int index, DType dtype, const int64_t* dims, int rank) {
  expectTensor(call, call.operation->results.all[index], call.results[index], dtype, dims, rank);
}

void expectShape(const Call& call, int index, DType dtype, const int64_t* dims, int rank) {
  if (call.operands[index].present)
    expectTensor(call, call.operandName(index), call.operands[index], dtype, dims, rank);
}

void expectResultLike(const Call& call, int index, const TensorView& like) {
  expectResult(call, index, like.dtype, like.dims, like.rank);
}

int64_t expectInteger(const Call& call, int attribute, int64_t minimum, int64_t maximum) {
  const double value = call.attributes[attribute];
  if (std::isfinite(value) && value == std::floor(value) && value >= static_cast<double>(minimum) &&
      value <= static_cast<double>(maximum)) {
    return static_cast<int64_t>(value);
  }
  refuse(call, "expected " + std::string(call.operation->attributes.all[attribute]) + " to be a whole number from " +
                   std::to_string(minimum) + " to " + std::to_string(maximum) + ", got " + std::to_string(value));
}

}  // namespace ostinato
