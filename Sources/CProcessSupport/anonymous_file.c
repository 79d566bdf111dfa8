#include "CProcessSupport.h"

#ifdef __linux__
#include <sys/mman.h>

int anonymous_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
#else

int anonymous_file(const char *name) {
    (void)name;
    return -1;
}
#endif
