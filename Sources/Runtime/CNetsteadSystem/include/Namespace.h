// Making a network of one's own inside a network namespace: the loopback interface, its addresses, its routes, and files mounted over
// the system's. Each call returns 0, or the error number of what failed. They act on the namespaces of the calling process.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Switches the loopback interface on.
int netstead_loopback_up(void);

/// Gives the loopback interface an address of 4 or 16 bytes.
int netstead_add_address(const uint8_t *address, size_t length);

/// Makes programs that did not choose a source address speak to `destination` as `source`. Both have `length` bytes and are local.
int netstead_speak_as(const uint8_t *destination, const uint8_t *source, size_t length);

/// Shows the file `source` at the path `target` too, in this mount namespace only.
int netstead_mount_over(const char *source, const char *target);

/// Hides what is in the folder `target`, in this mount namespace only.
int netstead_hide_folder(const char *target);
