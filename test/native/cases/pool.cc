#include "op_cases.h"

using namespace ostinato;

const TestTensor x = numbers({5, 12, 13, 67}, 1), dy = numbers({5, 10, 11, 67}, 2), y = floats({5, 10, 11, 67});
const TestTensor places = ids({5, 10, 11, 67}, 9), dx = floats({5, 12, 13, 67});

const Cases cases({.shared = {{"maxPool", {x}, {y, ids({5, 10, 11, 67}, 1)}, {3, 1}},
                              {"maxPoolGradient", {places, dy}, {dx}, {3, 1}},
                              {"meanPool", {x}, {y}, {3, 1}},
                              {"meanPoolGradient", {dy}, {dx}, {3, 1}}},
                   .whole = {"maxPool 0", "maxPool 1", "maxPoolGradient 0", "maxPoolGradient 1", "meanPool 0",
                             "meanPool 1", "meanPoolGradient 0", "meanPoolGradient 1"}});
