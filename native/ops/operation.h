// An op of a program as the executor sees it: a name, a check and a function.
//
// lib/graph/ops declares every op: its operands, results, attributes, and what it does to its memory.
// native/ops/manifest.h, made from that, says the same to C++, and declares an Implementation that
// native/ops/<family>.cc defines:
//
//   const Implementation ops::softmax::implementation = {checkSoftmax, runSoftmax};
//
// `check` is called once when a program is loaded, with no memory bound (all data null): it verifies that operands,
// results and attributes fit together, throws ProgramError if not, and returns the bytes of scratch that `run` needs
// with the current number of threads. `run` trusts what was checked, allocates nothing, and may throw InputError for
// values that are only known now (token ids, lengths).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "base/thread_pool.h"
#include "kernels/compact_weights.h"
#include "ops/reducer.h"
#include "products/precision.h"

namespace ostinato {

// The program itself is wrong: shapes, types, offsets.
struct ProgramError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A value that a caller fed is wrong: an id outside its table, a length beyond the sequence.
struct InputError : std::runtime_error {
  explicit InputError(const std::string& message, int64_t number = -1) : std::runtime_error(message), op(number) {}
  // Number of the op that met it in its program, so that callers can name the layer; -1 outside a program.
  int64_t op;
};

enum class DType : int32_t { f32 = 0, i32 = 1 };

constexpr int kMaxRank = 6;

// One operand or result. Row-major; 64-byte aligned, but for rows of a stack (program.h), which begin at any multiple
// of 4. Absent optional operands have present == false; results that nobody reads have present == true and data ==
// nullptr, and must not be written.
struct TensorView {
  DType dtype = DType::f32;
  int rank = 0;
  int64_t dims[kMaxRank] = {};
  void* data = nullptr;
  bool present = false;
  // A variable's weights in fewer bytes, if they are kept so at the moment of a run.
  const CompactWeights* compact = nullptr;

  // The matrix [rows,columns] in fewer bytes, or null.
  const CompactWeights* compactRows() const {
    const bool kept = compact && compact->type != WeightType::float32;
    return kept && rank == 2 && compact->rows == dims[0] && compact->columns == dims[1] ? compact : nullptr;
  }
  int64_t elements() const {
    int64_t n = 1;
    for (int i = 0; i < rank; i++) n *= dims[i];
    return n;
  }
  // The size of the last axis; 1 for scalars.
  int64_t last() const { return rank > 0 ? dims[rank - 1] : 1; }
  const float* f32() const { return static_cast<const float*>(data); }
  float* mutableF32() const { return static_cast<float*>(data); }
  const int32_t* i32() const { return static_cast<const int32_t*>(data); }
  int32_t* mutableI32() const { return static_cast<int32_t*>(data); }
};

// An operand as an op keeps it where nothing changes it, from step to step of a loop or from run to run: weights,
// packed for products.
struct Kept {
  void* memory;  // 64-byte aligned
  bool made;     // false before the first use
};

// The form of what is kept. Ops that keep a variable in equal forms may share it.
struct KeptForm {
  size_t bytes = 0;  // 0: nothing is kept
  // How, and in which order of its rows; null: as they are.
  const void *layout = nullptr, *order = nullptr;
  int parts = 0;
  bool transposed = false;
  int64_t rows = 0, columns = 0;

  bool operator==(const KeptForm&) const = default;
};

// Whoever looks at the rows of an op's result 0 in blocks of columns while they are in the cache, so that they need not
// be written (Implementation::runInBlocks). `read` is called by the threads of the pool, and throws nothing.
class BlockReader {
 public:
  // The rows that it looks at.
  virtual std::span<const int32_t> rows() const = 0;
  // Comes first: the number of parts that the columns are divided into. May throw std::bad_alloc.
  virtual void begin(int parts) = 0;
  // Columns [first, first + count) of a row. Each part goes through its own from left to right; they lie before those
  // of the parts after it.
  virtual void read(int part, int64_t row, int64_t first, const float* values, int64_t count) = 0;

 protected:
  ~BlockReader() = default;
};

struct Operation;

struct Call {
  const TensorView* operands;
  int operandCount;
  const TensorView* results;
  int resultCount;
  const double* attributes;
  int attributeCount;
  void* scratch;  // 64-byte aligned
  ThreadPool& pool;
  // Precision of matrix products.
  Precision precision = Precision::highest;
  // By operand, what is kept of it; null outside of loops and repeated runs, and for an operand that may change.
  Kept* const* kept = nullptr;
  const Operation* operation = nullptr;
  // Adds over the processes of a distributed training; null: this one is alone.
  Reducer* reducer = nullptr;

  const TensorView& operand(int i) const { return operands[i]; }
  const TensorView& result(int i) const { return results[i]; }
  Kept* keptOf(int i) const { return kept ? kept[i] : nullptr; }
  const char* operandName(int i) const;
  int64_t integer(int attribute) const { return static_cast<int64_t>(attributes[attribute]); }
};

struct Implementation {
  size_t (*check)(const Call&);
  void (*run)(const Call&);
  // The form in which the op keeps an operand (Call::kept), never operand 0. Asked like `check`, with no memory bound.
  // Null: no such op.
  KeptForm (*keeps)(const Call&, int operand) = nullptr;
  // run(), but for result 0, which is read and not written. Only where operand 1 is kept. Null: no such op.
  void (*runInBlocks)(const Call&, BlockReader&) = nullptr;
};

// Names of an op's operands, results or attributes, in order.
struct Names {
  static constexpr int kMax = 16;
  const char* all[kMax];

  constexpr int count() const {
    int n = 0;
    while (n < kMax && all[n]) n++;
    return n;
  }
};

// The declaration of an op by lib/graph/ops, and the function that computes it.
struct Operation {
  const char* name;
  Names operands = {}, results = {}, attributes = {};
  // Bit i set: operand i may be absent.
  uint32_t optionalOperands = 0;
  // Bit i set: result i may have no memory (data == nullptr) because nobody reads it; `run` must then skip writing it.
  // Results without the bit always have memory.
  uint32_t optionalResults = 0;
  // Bit i set: operand i is a variable that the op updates in place.
  uint32_t mutates = 0;
  // Bit i set: the op may leave anything in operand i, which lies in the arena.
  uint32_t consumes = 0;
  // The one name of `operands` stands for one or more.
  bool several = false;
  // Result 0 is operand 0 in the same memory: under another shape, or, where `consumes` has it, as the op has changed
  // it. No other result may overlap an operand.
  bool view = false;
  const Implementation& implementation;

  // Also whether there are as many operands, results and attributes as declared, and those operands that may not be
  // absent.
  size_t check(const Call& call) const;
  void run(const Call& call) const { implementation.run(call); }
};

// ---- for checks; they throw ProgramError with the name of the op and of what is wrong ----

std::string shapeText(const TensorView& tensor);

// A present operand of this type; rank < 0 allows any.
void expectOperand(const Call& call, int operand, DType dtype, int rank = -1);

// An operand of exactly this shape, unless it is absent.
void expectShape(const Call& call, int operand, DType dtype, const int64_t* dims, int rank);

// A result of this type and exactly this shape.
void expectResult(const Call& call, int result, DType dtype, const int64_t* dims, int rank);

// A result of exactly the shape of a tensor.
void expectResultLike(const Call& call, int result, const TensorView& like);

// An attribute that is a whole number from minimum to maximum.
int64_t expectInteger(const Call& call, int attribute, int64_t minimum, int64_t maximum);

// Throws ProgramError "op: message".
[[noreturn]] void refuse(const char* op, const std::string& message);
[[noreturn]] inline void refuse(const Call& call, const std::string& message) { refuse(call.operation->name, message); }

}  // namespace ostinato
