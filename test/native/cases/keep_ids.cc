#include "op_cases.h"

using namespace ostinato;

const TestTensor rows = integers({3, 2}, {1, 2, 3, 4, 5, 6}), kept = integers({3, 2}, {7, 7, 7, 7, 7, 7});

const Cases cases({.small = {{"keepIds", {rows, floats({3, 1})}, {kept}, {}},
                             {"keepIds", {rows, floats({})}, {kept}, {}}}});
