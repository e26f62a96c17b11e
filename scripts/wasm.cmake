# A CMake toolchain: zig's clang and linker for WebAssembly.
#   OSTINATO_ZIG  the path of zig (0.14), or "zig"
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES OSTINATO_ZIG)

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(OSTINATO_WASM ON)

# What all engines know that know SIMD and exceptions; those as clang 19 writes them are older than the standard, and known everywhere.
set(features generic+simd128+exception_handling+bulk_memory+nontrapping_fptoint+atomics)
set(CMAKE_CXX_COMPILER ${OSTINATO_ZIG} c++ -target wasm32-wasi -mcpu=${features} -fwasm-exceptions)
set(CMAKE_C_COMPILER ${OSTINATO_ZIG} cc -target wasm32-wasi -mcpu=${features} -fwasm-exceptions)
# CMake would find out what they are by linking a program, for which zig compiles the whole of its libraries.
foreach(language C CXX)
  set(CMAKE_${language}_COMPILER_FORCED TRUE)
  set(CMAKE_${language}_COMPILER_ID_RUN TRUE)
  set(CMAKE_${language}_COMPILER_ID Clang)
  set(CMAKE_${language}_COMPILER_VERSION 19.1)
  set(CMAKE_${language}_COMPILER_FRONTEND_VARIANT GNU)
endforeach()
set(CMAKE_C_STANDARD_COMPUTED_DEFAULT 17)
set(CMAKE_CXX_STANDARD_COMPUTED_DEFAULT 17)
# zig checks for undefined behaviour unless it is told not to.
set(flags "-fno-sanitize=undefined -g0 -Wno-unused-command-line-argument")
set(CMAKE_CXX_FLAGS_INIT "${flags}")
set(CMAKE_C_FLAGS_INIT "${flags}")
set(CMAKE_CXX_LINK_EXECUTABLE "${OSTINATO_ZIG} wasm-ld <LINK_FLAGS> <OBJECTS> <LINK_LIBRARIES> -o <TARGET>")
set(CMAKE_EXECUTABLE_SUFFIX_CXX .wasm)
set(CMAKE_CXX_CREATE_STATIC_LIBRARY "${OSTINATO_ZIG} ar rcs <TARGET> <OBJECTS>")
set(CMAKE_C_CREATE_STATIC_LIBRARY "${OSTINATO_ZIG} ar rcs <TARGET> <OBJECTS>")
