// Opening a file so that its path cannot lead out of a folder. The C library has no function for openat2 yet.
#pragma once

/// Opens `path` below the folder open at `directory` with open(2)'s `flags`; neither `..`, an absolute path nor a symbolic link can
/// lead out of it. Returns the descriptor, or the negated error number (-ENOSYS: the kernel has no openat2).
int netstead_openat2(int directory, const char *path, unsigned long long flags);

/// Open only to name the place, not to read it: Linux's O_PATH, which the C library shows to GNU sources only.
#define NETSTEAD_O_PATH 010000000
