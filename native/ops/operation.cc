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

void expectTensor(const char* op, const std::string& who, const TensorView& tensor, DType dtype, const int64_t* dims,
                  int rank) {
  bool fits = tensor.present && tensor.dtype == dtype && tensor.rank == rank;
  for (int i = 0; fits && i < rank; i++) fits = tensor.dims[i] == dims[i];
  if (fits) return;
  refuse(op, "expected " + who + " to be " + dtypeName(dtype) + shapeText(dims, rank) + ", got " +
                 (tensor.present ? dtypeName(tensor.dtype) + shapeText(tensor) : "nothing"));
}

}  // namespace

std::string shapeText(const TensorView& tensor) { return shapeText(tensor.dims, tensor.rank); }

void refuse(const char* op, const std::string& message) { throw ProgramError(std::string(op) + ": " + message); }

void expectCounts(const char* op, const Call& call, int operands, int results, int attributes) {
  if (call.operandCount == operands && call.resultCount == results && call.attributeCount == attributes) return;
  refuse(op, "expected " + std::to_string(operands) + " operands, " + std::to_string(results) + " results and " +
                 std::to_string(attributes) + " attributes, got " + std::to_string(call.operandCount) + ", " +
                 std::to_string(call.resultCount) + " and " + std::to_string(call.attributeCount));
}

size_t Operation::check(const Call& call) const {
  if (several ? call.operandCount < 1 : call.operandCount != operands.count()) {
    refuse(name, "expected " + std::string(several ? "one or more" : std::to_string(operands.count())) +
                     " operands, got " + std::to_string(call.operandCount));
  }
  expectCounts(name, call, call.operandCount, results.count(), attributes.count());
  for (int i = 0; i < call.operandCount; i++) {
    if (call.operand(i).present || (optionalOperands >> i & 1)) continue;
    refuse(name, "expected operand " + std::string(operands.all[several ? 0 : i]) + ", got nothing");
  }
  return implementation.check(call);
}

void expectOperand(const char* op, const Call& call, int index, DType dtype, int rank) {
  const TensorView& tensor = call.operands[index];
  if (tensor.present && tensor.dtype == dtype && (rank < 0 || tensor.rank == rank)) return;
  refuse(op, "expected operand " + std::to_string(index) + " to be " + dtypeName(dtype) +
                 (rank < 0 ? "" : " of rank " + std::to_string(rank)) + ", got " +
                 (tensor.present ? dtypeName(tensor.dtype) + shapeText(tensor) : "nothing"));
}

void expectResult(const char* op, const Call& call, int index, DType dtype, const int64_t* dims, int rank) {
  expectTensor(op, "result " + std::to_string(index), call.results[index], dtype, dims, rank);
}

void expectShape(const char* op, const Call& call, int index, DType dtype, const int64_t* dims, int rank,
                 bool optional) {
  if (optional && !call.operands[index].present) return;
  expectTensor(op, "operand " + std::to_string(index), call.operands[index], dtype, dims, rank);
}

void expectResultLike(const char* op, const Call& call, int index, const TensorView& like) {
  expectResult(op, call, index, like.dtype, like.dims, like.rank);
}

int64_t expectInteger(const char* op, const Call& call, int attribute, int64_t minimum, int64_t maximum) {
  const double value = call.attributes[attribute];
  if (std::isfinite(value) && value == std::floor(value) && value >= static_cast<double>(minimum) &&
      value <= static_cast<double>(maximum)) {
    return static_cast<int64_t>(value);
  }
  refuse(op, "expected attribute " + std::to_string(attribute) + " to be a whole number from " +
                 std::to_string(minimum) + " to " + std::to_string(maximum) + ", got " + std::to_string(value));
}

}  // namespace ostinato
