// Functions that the module exports under their own names. Numbers go in and come out as int32, addresses and elements
// included: a module has 4 GB of memory, so that those above 2 GB are read as uint32 in JavaScript.
#pragma once

#include <cstdint>

#define OSTINATO_EXPORT(name) extern "C" __attribute__((export_name(#name)))
