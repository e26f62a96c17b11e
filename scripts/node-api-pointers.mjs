// Writes a C++ file with a pointer for each function of Node-API 9, for a DLL that is linked without an import library. Headers declare the
// functions as imported, so calls go through __imp_NAME; the file finds them in whatever program has loaded the DLL. An import library
// would name node.exe, and Electron, Bun and a renamed Node are not of that name.
import { createRequire } from "node:module";

const { symbols } = createRequire(import.meta.url)("node-api-headers");
const names = [...symbols.v9.js_native_api_symbols, ...symbols.v9.node_api_symbols];

process.stdout.write(`// Written by scripts/node-api-pointers.mjs.
#include <cstdio>
#include <cstdlib>
#include <windows.h>

extern "C" {
${names.map((name) => `void* __imp_${name};`).join("\n")}
}

namespace {

const struct {
  const char* name;
  void** pointer;
} kFunctions[] = {
${names.map((name) => `    {"${name}", &__imp_${name}},`).join("\n")}
};

void missing() {
  std::fputs("ostinato: this program lacks a function of Node-API 9, which Node.js has from 20.17 on.\\n", stderr);
  std::abort();
}

// Before anything else of this DLL runs.
__attribute__((constructor)) void find() {
  HMODULE host = GetModuleHandleW(nullptr);
  if (!GetProcAddress(host, "napi_create_function")) {
    if (HMODULE library = GetModuleHandleW(L"libnode.dll")) host = library;
  }
  for (const auto& function : kFunctions) {
    const FARPROC found = GetProcAddress(host, function.name);
    *function.pointer = found ? reinterpret_cast<void*>(found) : reinterpret_cast<void*>(&missing);
  }
}

}  // namespace
`);
