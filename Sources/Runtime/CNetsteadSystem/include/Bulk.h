// Datagram ports that carry streams: trains of equal datagrams to one peer in one call (UDP_SEGMENT), and back in one (UDP_GRO).
// Read next: Bulk.c; Transport/Sockets/BulkDatagramPort.swift, which turns the loop.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// An address and a port: an IPv4 address in `low`, or an IPv6 address in both.
typedef struct {
  uint64_t high, low;
  uint16_t port;
  uint8_t isV6;
} netstead_place;

/// What one read brought: one datagram, or several of `segment` bytes each, the last one possibly shorter.
typedef struct {
  const uint8_t *bytes;
  uint32_t length;
  uint32_t segment;
  netstead_place sender;
  /// Which of our addresses it came to; the port is 0. Only where the port is bound to any address.
  netstead_place destination;
  uint8_t hasDestination;
} netstead_arrival;

/// Buffers of one port, for both directions.
typedef struct netstead_bulk netstead_bulk;

/// A port bound to `place`, with its buffers; NULL, and `*error` set to an errno, when that fails.
netstead_bulk *netstead_bulk_make(netstead_place place, int *error);
/// Closes the port.
void netstead_bulk_free(netstead_bulk *bulk);
/// The port's number.
uint16_t netstead_bulk_port(const netstead_bulk *bulk);

/// Waits for datagrams, for `netstead_bulk_wake`, or for `nanoseconds` (negative: for ever).
void netstead_bulk_wait(netstead_bulk *bulk, int64_t nanoseconds);
/// Ends a wait, now or the next one. From any thread.
void netstead_bulk_wake(netstead_bulk *bulk);

/// Takes what is there, without waiting; returns how many reads it was, 0 for nothing.
int netstead_bulk_receive(netstead_bulk *bulk);
const netstead_arrival *netstead_bulk_arrivals(const netstead_bulk *bulk);

/// Copies a datagram of two pieces into the queue. `source` may be NULL. `isWhole`: it must not be fragmented.
void netstead_bulk_add(netstead_bulk *bulk, netstead_place target, const netstead_place *source, const void *head, size_t headLength,
                       const void *body, size_t bodyLength, int isWhole);
/// Sends the queue. What the kernel refuses is lost, as on a wire.
void netstead_bulk_flush(netstead_bulk *bulk);
