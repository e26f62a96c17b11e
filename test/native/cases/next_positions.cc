#include "op_cases.h"

using namespace ostinato;

const TestTensor positions = ids({5, 9}, 70);

const Cases cases({.small = {{"nextPositions", {positions}, {ids({5, 9}, 1)}, {2}}}, .whole = {"nextPositions 0"}});
