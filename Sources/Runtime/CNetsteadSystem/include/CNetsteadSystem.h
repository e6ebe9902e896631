// System calls that Swift cannot make itself: those with control messages, and those without a function in the C library.
// Read next: OpenBeneath.h (openat2), Spawn.h (children), System.c (single datagrams), Datagrams.c (batches), Bulk.h (trains of datagrams).
#pragma once

#include "Bulk.h"
#include "Namespace.h"
#include "OpenBeneath.h"
#include "Spawn.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

// Flags of send and recv are set here: whether Swift sees MSG_DONTWAIT depends on which of the system's headers were read first.
/// Whether bytes have come that nobody has read; without waiting and without reading them.
int netstead_has_unread(int descriptor);
/// Sends a datagram, without waiting. Returns how many bytes went, -1 and errno otherwise.
long netstead_send_to(int descriptor, const void *bytes, size_t length, const struct sockaddr *target, uint32_t targetLength);

/// Sends one datagram to `target` from the local address in `source` (its port is ignored; both of one family).
/// Returns how many bytes were sent, or -1 with errno set.
long netstead_send_from(int descriptor, const void *bytes, size_t length, const struct sockaddr *target, uint32_t targetLength,
                        const struct sockaddr *source);

/// Begins to write what was written to a file, and does not wait for it. What goes wrong is told by fsync.
void netstead_hasten(int descriptor);

/// The socket address of an IPv4 address and a port, both as numbers.
struct sockaddr_in netstead_address4(uint32_t address, uint16_t port);

/// The socket address of an IPv6 address, given as two numbers, the first eight bytes first.
struct sockaddr_in6 netstead_address6(uint64_t high, uint64_t low, uint16_t port);

/// One datagram received and the room for its answer.
typedef struct {
  const uint8_t *query;
  uint8_t *answer;
  uint32_t queryLength;
  /// Set by the caller; 0: no answer.
  uint32_t answerLength;
  /// The sender: an IPv4 address in `low`, or an IPv6 address in both.
  uint64_t high, low;
  uint16_t port;
  uint8_t isV6;
  /// The datagram was longer than the room for it.
  uint8_t isCut;
} netstead_exchange;

/// Buffers for many datagrams, kept from batch to batch.
typedef struct netstead_batch netstead_batch;

/// Room for `capacity` datagrams of at most `queryBytes` and their answers of at most `answerBytes`; NULL when there is no memory.
netstead_batch *netstead_batch_make(uint32_t capacity, uint32_t queryBytes, uint32_t answerBytes);
void netstead_batch_free(netstead_batch *batch);
netstead_exchange *netstead_batch_exchanges(netstead_batch *batch);

/// Waits for a datagram (as long as the socket's timeout lets it), takes as many as are there, and returns how many; or -errno.
int netstead_batch_receive(netstead_batch *batch, int descriptor);

/// Sends the answers of the first `count` exchanges that have one, each from the address that was asked. Returns how many were sent;
/// what the kernel refuses is left out.
int netstead_batch_send(netstead_batch *batch, int descriptor, int count);

/// A blocking datagram socket bound to `address`, with bounded waits of `waitMilliseconds`. It lets others share its port; `joins`: it is
/// such another itself.
/// `tellsDestination`: each datagram's own destination is kept, and its answer leaves from there. Returns a descriptor, or -errno.
int netstead_datagram_socket(const struct sockaddr *address, uint32_t length, int joins, int tellsDestination, int waitMilliseconds);

/// The port a socket is bound to; 0 when it has none.
uint16_t netstead_local_port(int descriptor);
