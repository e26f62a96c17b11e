// Functions that Debian's libstdc++ wants of glibc, and Bun of a newer musl than Debian's, so that a program for musl runs on Debian.
#define _GNU_SOURCE
#include <link.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

char __libc_single_threaded = 0;

unsigned int arc4random(void) {
  unsigned int value;
  getrandom(&value, sizeof value, 0);
  return value;
}

size_t __strftime_l(char* text, size_t size, const char* format, const struct tm* time, void* locale) {
  (void)locale;
  return strftime(text, size, format, time);
}

int __cxa_thread_atexit_impl(void (*function)(void*), void* object, void* module) {
  (void)function, (void)object, (void)module;
  return 0;
}

int __cpu_indicator_init(void) { return 0; }
struct {
  unsigned int vendor, type, subtype, features[1];
} __cpu_model;

// glibc's answer to libgcc, which asks for the unwinding tables of the code at an address.
struct object {
  unsigned long long flags;
  void *start, *end, *map, *tables;
  unsigned long long reserved[7];
};

struct search {
  char* address;
  struct object* object;
  int found;
};

static int look(struct dl_phdr_info* info, size_t size, void* data) {
  struct search* search = data;
  char *start = (char*)-1, *end = 0;
  void* tables = 0;
  int within = 0;
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* segment = &info->dlpi_phdr[i];
    char* address = (char*)info->dlpi_addr + segment->p_vaddr;
    if (segment->p_type == PT_GNU_EH_FRAME) tables = address;
    if (segment->p_type != PT_LOAD) continue;
    if (search->address >= address && search->address < address + segment->p_memsz) within = 1;
    if (address < start) start = address;
    if (address + segment->p_memsz > end) end = address + segment->p_memsz;
  }
  if (!within || !tables) return 0;
  memset(search->object, 0, sizeof *search->object);
  search->object->start = start;
  search->object->end = end;
  search->object->tables = tables;
  search->found = 1;
  return 1;
}

int _dl_find_object(void* address, struct object* object) {
  struct search search = {address, object, 0};
  dl_iterate_phdr(look, &search);
  return search.found ? 0 : -1;
}
