// How float32 operands enter a matrix product; names and meaning are PyTorch's (torch.set_float32_matmul_precision).
#pragma once

namespace ostinato {

enum class Precision {
  highest = 0,  // float32 products
  high = 1,     // each operand as the sum of two bfloat16: about 16 bits of mantissa
  medium = 2,   // operands rounded to bfloat16: 8 bits of mantissa
};

}  // namespace ostinato
