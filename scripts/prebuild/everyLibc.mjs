// One Linux binary for glibc and musl. It is built for glibc, and runs on musl because what it calls is in both, with one type, and the structures
// that it passes have the same layout in both; those of threads are as large in glibc as in musl, or larger. Then
//   - it names no library: musl does not know glibc's loader, and Bun on musl refuses whatever names a library of glibc. Whoever loads the binary
//     has them already;
//   - glibc compares versions of symbols by library, so they are of libc.so.6, which is always there. It looks there for a symbol with a
//     version, and until 2.30 nowhere else: those of its other libraries have none. That gives them the version that the library began with.
import { withoutLibraries } from "./elf.mjs";

/** The library of glibc that versions are wanted of. */
export const versionedLibrary = "libc.so.6";

/** Functions that libc.so.6 has beside libpthread.so.0, and that cannot go without a version: the first ones worked otherwise. */
const alsoInLibc = /^pthread_cond_/;

/** A binary that was linked with glibc, for both. */
export function forEveryLibc(binary) {
  return withoutLibraries(binary, versionedLibrary, alsoInLibc);
}

const names = (text) => new Set(text.trim().split(/\s+/));

// Functions of the C library that the binaries call. Before a name is added, see that glibc 2.28 and musl 1.2 both have it, with the same
// type and the same structures behind its pointers. (strerror_r is not here: native/base/every_libc.cc.)

/** Those of glibc's libc.so.6. */
export const inLibc = names(`
  __cxa_atexit __fxstat __isoc99_fscanf __sched_cpucount __stack_chk_fail __xpg_strerror_r abort aligned_alloc bcmp calloc clock_gettime
  dl_iterate_phdr fclose fdopen fflush fopen fprintf fputc fread free fseeko fwrite getenv madvise malloc memchr memcpy memmove memset
  mkstemp mmap munmap pthread_cond_broadcast pthread_cond_destroy pthread_cond_signal pthread_cond_timedwait pthread_cond_wait realloc
  sched_getaffinity sched_yield sigemptyset snprintf stderr strcmp strlen strtod strtof strtol strtold strtoll strtoul strtoull swprintf
  syscall sysconf unlink vfprintf wcstod wcstof wcstol wcstold wcstoll wcstoul wcstoull wmemchr
`);

/** Those of its libm.so.6, libpthread.so.0, libdl.so.2 and its loader, as they were in 2.28. */
export const besideLibc = names(`
  __errno_location __stack_chk_guard __tls_get_addr ceilf close cos dladdr dlclose dlopen dlsym exp expf expm1 floor log log1pf logf nanf
  nanosleep pow pthread_create pthread_detach pthread_getspecific pthread_join pthread_key_create pthread_mutex_destroy pthread_mutex_init
  pthread_mutex_lock pthread_mutex_trylock pthread_mutex_unlock pthread_mutexattr_destroy pthread_mutexattr_init pthread_mutexattr_settype
  pthread_rwlock_rdlock pthread_rwlock_unlock pthread_rwlock_wrlock pthread_self pthread_setspecific sigaction sin sqrt sqrtf
`);
