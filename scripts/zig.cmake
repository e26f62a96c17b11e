# A CMake toolchain: zig's clang, linker and C++ library, which build for every platform on one machine.
#   OSTINATO_ZIG         path of zig
#   OSTINATO_ZIG_TARGET  what it builds for: x86_64-linux-gnu.2.28
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES OSTINATO_ZIG OSTINATO_ZIG_TARGET)

if(OSTINATO_ZIG_TARGET MATCHES "^([a-z0-9_]+)-(linux|macos|windows)")
  set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_MATCH_1})
  set(system_of_linux Linux)
  set(system_of_macos Darwin)
  set(system_of_windows Windows)
  set(CMAKE_SYSTEM_NAME ${system_of_${CMAKE_MATCH_2}})
else()
  message(FATAL_ERROR "OSTINATO_ZIG_TARGET: expected a target of zig such as x86_64-linux-gnu.2.28, got \"${OSTINATO_ZIG_TARGET}\".")
endif()

# Flags are part of the command, as cmake-js has its own value for CMAKE_CXX_FLAGS. zig checks for undefined behaviour unless it is told
# not to.
set(CMAKE_CXX_COMPILER ${OSTINATO_ZIG} c++ -target ${OSTINATO_ZIG_TARGET} -fno-sanitize=undefined -g0)
# clang 19 has the 512 bits of AVX-512 as a feature of their own, without which its intrinsics cannot be used; the rest of the code must run
# on any CPU.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  list(APPEND CMAKE_CXX_COMPILER -mcpu=x86_64+evex512)
endif()
# Symbols are left out by the linker: a later strip would break the signature of macOS.
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-s")
# One binary for glibc and musl: scripts/prebuild/everyLibc.mjs.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(OSTINATO_EVERY_LIBC ON)
endif()
# zig brings its own headers and libraries; nothing of this machine's may come in.
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
if(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  set(CMAKE_OSX_SYSROOT "")
  set(CMAKE_INSTALL_NAME_TOOL ${OSTINATO_ZIG})
elseif(CMAKE_SYSTEM_NAME STREQUAL "Windows")
  # CMake wants a compiler of resources, which there are none of.
  set(CMAKE_RC_COMPILER ${OSTINATO_ZIG})
endif()

# Highway is headers only, the same for all platforms. Its folder must not bring this machine's /usr/include with it.
get_property(probing GLOBAL PROPERTY IN_TRY_COMPILE)
if(NOT probing AND NOT HIGHWAY_INCLUDE_DIR)
  find_path(OSTINATO_HIGHWAY hwy/highway.h PATHS /usr/include /usr/local/include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  if(OSTINATO_HIGHWAY)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/highway)
    file(CREATE_LINK ${OSTINATO_HIGHWAY}/hwy ${CMAKE_BINARY_DIR}/highway/hwy SYMBOLIC)
    set(HIGHWAY_INCLUDE_DIR ${CMAKE_BINARY_DIR}/highway CACHE PATH "Folder that hwy/highway.h is in")
  endif()
endif()
