// System calls that Swift cannot make itself: those with control messages, and those without a function in the C library.
// Read next: System.c (openat2, single datagrams), Datagrams.c (batches).
#pragma once

#include "Namespace.h"
#include "OpenBeneath.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/// Sends one datagram to `target` from the local address in `source` (its port is ignored; both of one family).
/// Returns how many bytes were sent, or -1 with errno set.
long netstead_send_from(int descriptor, const void *bytes, size_t length, const struct sockaddr *target, uint32_t targetLength,
                        const struct sockaddr *source);

/// The socket address of an IPv4 address and a port, both as numbers.
struct sockaddr_in netstead_address4(uint32_t address, uint16_t port);

/// The socket address of an IPv6 address, given as two numbers, the first eight bytes first.
struct sockaddr_in6 netstead_address6(uint64_t high, uint64_t low, uint16_t port);
