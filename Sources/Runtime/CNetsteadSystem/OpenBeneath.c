#include "include/OpenBeneath.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/// The kernel's struct open_how, spelled out so that old headers do.
struct netstead_open_how {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

enum { RESOLVE_NO_MAGICLINKS_ = 0x02, RESOLVE_BENEATH_ = 0x08 };

int netstead_openat2(int directory, const char *path, unsigned long long flags) {
  struct netstead_open_how how = {flags, 0, RESOLVE_BENEATH_ | RESOLVE_NO_MAGICLINKS_};
  // EAGAIN: a folder was renamed while the kernel walked; the walk is worth a few more tries.
  for (int attempt = 0; attempt < 8; attempt++) {
    long result = syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (result >= 0) return (int)result;
    if (errno != EAGAIN && errno != EINTR) return -errno;
  }
  return -EAGAIN;
}
