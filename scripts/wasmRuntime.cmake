# The parts of C's and C++'s libraries that a module of WebAssembly needs, from the sources that come with zig. Its own build of them
# knows no exceptions, and takes minutes: it compiles all of both.
enable_language(C)
get_filename_component(zig_folder "${OSTINATO_ZIG}" DIRECTORY)
set(zig_lib ${zig_folder}/lib)
if(NOT EXISTS ${zig_lib}/libunwind/src/Unwind-wasm.c)
  message(FATAL_ERROR "OSTINATO_ZIG: expected the path of zig 0.14 beside its folder lib, got \"${OSTINATO_ZIG}\".")
endif()

# wasi-libc: musl, where it differs from musl a file of its own.
set(wasi ${zig_lib}/libc/wasi)
set(musl ${wasi}/libc-top-half/musl)
set(c_sources ${wasi}/emmalloc/emmalloc.c)
foreach(name libc-bottom-half/sources/abort libc-bottom-half/sources/sbrk libc-bottom-half/sources/__errno_location
             libc-bottom-half/cloudlibc/src/libc/errno/errno)
  list(APPEND c_sources ${wasi}/${name}.c)
endforeach()
foreach(name
        internal/libc
        string/memchr string/memcmp string/memcpy string/memmove string/memset string/strchr string/strchrnul string/strcmp
        string/strlen string/strncmp string/strnlen string/strrchr string/strerror_r string/stpcpy string/strcpy
        string/wmemchr errno/strerror locale/__lctrans stdio/vsnprintf stdio/snprintf stdio/vfprintf stdio/__towrite stdio/fwrite multibyte/wctomb multibyte/wcrtomb
        math/exp math/exp_data math/log math/log_data math/pow math/pow_data math/log1p math/expm1 math/sin math/cos
        math/__sin math/__cos math/__rem_pio2 math/__rem_pio2_large math/frexpl math/frexp math/scalbn math/tanh math/nanf math/log1pf
        math/__math_oflow math/__math_uflow math/__math_xflow math/__math_divzero math/__math_invalid
        math/__fpclassifyl math/__fpclassify math/__signbitl)
  if(EXISTS ${musl}/src/${name}.c)
    list(APPEND c_sources ${musl}/src/${name}.c)
  else()
    list(APPEND c_sources ${zig_lib}/libc/musl/src/${name}.c)
  endif()
endforeach()
add_library(ostinato_wasm_c OBJECT ${c_sources})
target_compile_options(ostinato_wasm_c PRIVATE -std=gnu11 -O2 -w)
target_compile_definitions(ostinato_wasm_c PRIVATE _XOPEN_SOURCE=700 BULK_MEMORY_THRESHOLD=32
  __EMSCRIPTEN_SHARED_MEMORY__)
target_include_directories(ostinato_wasm_c PRIVATE
  ${musl}/arch/wasm32 ${musl}/arch/generic ${musl}/src/include ${musl}/src/internal ${wasi}/libc-top-half/headers/private
  ${wasi}/libc-bottom-half/headers/private ${wasi}/libc-bottom-half/cloudlibc/src/include ${wasi}/libc-bottom-half/cloudlibc/src)

# libc++, and libc++abi and libunwind with exceptions.
set(cxx_sources)
foreach(name exception string stdexcept memory new_handler new_helpers charconv hash)
  list(APPEND cxx_sources ${zig_lib}/libcxx/src/${name}.cpp)
endforeach()
foreach(name cxa_exception cxa_personality cxa_exception_storage private_typeinfo stdlib_exception stdlib_typeinfo
             stdlib_stdexcept cxa_handlers cxa_default_handlers cxa_virtual fallback_malloc stdlib_new_delete
             cxa_aux_runtime)
  list(APPEND cxx_sources ${zig_lib}/libcxxabi/src/${name}.cpp)
endforeach()
add_library(ostinato_wasm_cxx OBJECT ${cxx_sources} ${zig_lib}/libunwind/src/Unwind-wasm.c)
set_target_properties(ostinato_wasm_cxx PROPERTIES CXX_STANDARD 23)
target_compile_options(ostinato_wasm_cxx PRIVATE -O2 -w)
target_compile_definitions(ostinato_wasm_cxx PRIVATE
  NDEBUG _LIBCPP_BUILDING_LIBRARY _LIBCXXABI_BUILDING_LIBRARY LIBCXX_BUILDING_LIBCXXABI LIBCXXABI_SILENT_TERMINATE
  _LIBCXXABI_HAS_NO_THREADS _LIBUNWIND_HIDE_SYMBOLS)
# Exceptions that are under way are each thread's own.
set_source_files_properties(${zig_lib}/libcxxabi/src/cxa_exception_storage.cpp PROPERTIES COMPILE_OPTIONS -U_LIBCXXABI_HAS_NO_THREADS)
target_include_directories(ostinato_wasm_cxx PRIVATE
  ${zig_lib}/libcxx/src ${zig_lib}/libcxxabi/include ${zig_lib}/libunwind/include)

# Arithmetic that WebAssembly has no instruction for.
set(compiler_rt ${CMAKE_BINARY_DIR}/compiler_rt.o)
add_custom_command(OUTPUT ${compiler_rt}
  COMMAND ${OSTINATO_ZIG} build-obj -target wasm32-freestanding -mcpu=generic+simd128+bulk_memory+atomics -O ReleaseSmall -fstrip
          -femit-bin=${compiler_rt} ${zig_lib}/compiler_rt.zig
  VERBATIM)

# An archive, of which the linker takes what is used.
add_library(ostinato_wasm_runtime STATIC $<TARGET_OBJECTS:ostinato_wasm_c> $<TARGET_OBJECTS:ostinato_wasm_cxx> ${compiler_rt})
set_target_properties(ostinato_wasm_runtime PROPERTIES LINKER_LANGUAGE CXX)
