#include "op_cases.h"

using namespace ostinato;

const Cases cases({.small = {{"assign", {numbers({2, 3}, 1), numbers({2, 3}, 2), scalar(1)}, {}, {}}}});
