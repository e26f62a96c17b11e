#include "op_cases.h"

using namespace ostinato;

// Three pieces and more.
const TestTensor x = numbers({500, 403}, 1), residual = numbers({500, 403}, 2), y = floats({500, 403});

const Cases cases({.shared = {{"sparsify", {x, residual}, {y, y}, {2015}}}, .whole = {"sparsify 0"}});
