// Batches of datagrams: one recvmmsg, one sendmmsg, buffers that are made once.
// Read next: Transport/Sockets/DatagramLoop.swift, which turns the loop.
#define _GNU_SOURCE
#include "CNetsteadSystem.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { control_room = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

struct netstead_batch {
  uint32_t capacity, queryBytes, answerBytes;
  netstead_exchange *exchanges;
  struct mmsghdr *in, *out;
  struct iovec *inParts, *outParts;
  struct sockaddr_storage *peers;
  uint8_t *controls, *queries, *answers;
};

// Odd multiples of a cache line apart: at a power of two all datagrams would fall into the same few lines of the cache.
static size_t stride(uint32_t bytes) { return ((size_t)bytes + 63) / 64 * 64 + 64 + (((bytes + 63) / 64) % 2 ? 64 : 0); }

netstead_batch *netstead_batch_make(uint32_t capacity, uint32_t queryBytes, uint32_t answerBytes) {
  netstead_batch *batch = calloc(1, sizeof *batch);
  if (!batch) return NULL;
  batch->capacity = capacity;
  batch->queryBytes = queryBytes;
  batch->answerBytes = answerBytes;
  batch->exchanges = calloc(capacity, sizeof *batch->exchanges);
  batch->in = calloc(capacity, sizeof *batch->in);
  batch->out = calloc(capacity, sizeof *batch->out);
  batch->inParts = calloc(capacity, sizeof *batch->inParts);
  batch->outParts = calloc(capacity, sizeof *batch->outParts);
  batch->peers = calloc(capacity, sizeof *batch->peers);
  batch->controls = calloc(capacity, control_room);
  batch->queries = malloc(capacity * stride(queryBytes));
  batch->answers = malloc(capacity * stride(answerBytes));
  if (!batch->exchanges || !batch->in || !batch->out || !batch->inParts || !batch->outParts || !batch->peers || !batch->controls ||
      !batch->queries || !batch->answers) {
    netstead_batch_free(batch);
    return NULL;
  }
  for (uint32_t i = 0; i < capacity; i++) {
    batch->exchanges[i].query = batch->queries + i * stride(queryBytes);
    batch->exchanges[i].answer = batch->answers + i * stride(answerBytes);
    batch->inParts[i] = (struct iovec){.iov_base = batch->queries + i * stride(queryBytes), .iov_len = queryBytes};
    batch->in[i].msg_hdr = (struct msghdr){.msg_name = &batch->peers[i], .msg_iov = &batch->inParts[i], .msg_iovlen = 1};
  }
  return batch;
}

void netstead_batch_free(netstead_batch *batch) {
  if (!batch) return;
  free(batch->exchanges);
  free(batch->in);
  free(batch->out);
  free(batch->inParts);
  free(batch->outParts);
  free(batch->peers);
  free(batch->controls);
  free(batch->queries);
  free(batch->answers);
  free(batch);
}

netstead_exchange *netstead_batch_exchanges(netstead_batch *batch) { return batch->exchanges; }

static void tell_sender(netstead_exchange *exchange, const struct sockaddr_storage *peer) {
  if (peer->ss_family == AF_INET) {
    const struct sockaddr_in *address = (const struct sockaddr_in *)peer;
    exchange->isV6 = 0;
    exchange->high = 0;
    exchange->low = ntohl(address->sin_addr.s_addr);
    exchange->port = ntohs(address->sin_port);
  } else {
    const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)peer;
    uint64_t words[2];
    memcpy(words, &address->sin6_addr, sizeof words);
    exchange->isV6 = 1;
    exchange->high = be64toh(words[0]);
    exchange->low = be64toh(words[1]);
    exchange->port = ntohs(address->sin6_port);
  }
}

// What came as "destination" goes out again as "source"; the way out is left to the routing table, but for link-local addresses.
static void turn_destination(struct msghdr *message) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(header), sizeof info);
      info.ipi_ifindex = 0;
      memcpy(CMSG_DATA(header), &info, sizeof info);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(header), sizeof info);
      if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = 0;
      memcpy(CMSG_DATA(header), &info, sizeof info);
    }
  }
}

int netstead_batch_receive(netstead_batch *batch, int descriptor) {
  for (uint32_t i = 0; i < batch->capacity; i++) {
    struct msghdr *message = &batch->in[i].msg_hdr;
    message->msg_namelen = sizeof batch->peers[i];
    message->msg_control = batch->controls + i * control_room;
    message->msg_controllen = control_room;
    message->msg_flags = 0;
  }
  int count = recvmmsg(descriptor, batch->in, batch->capacity, MSG_WAITFORONE, NULL);
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    netstead_exchange *exchange = &batch->exchanges[i];
    exchange->queryLength = batch->in[i].msg_len;
    exchange->answerLength = 0;
    exchange->isCut = (batch->in[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    tell_sender(exchange, &batch->peers[i]);
  }
  return count;
}

int netstead_batch_send(netstead_batch *batch, int descriptor, int count) {
  unsigned waiting = 0;
  for (int i = 0; i < count; i++) {
    netstead_exchange *exchange = &batch->exchanges[i];
    if (exchange->answerLength == 0) continue;
    struct msghdr *message = &batch->in[i].msg_hdr;
    if (message->msg_controllen > 0) turn_destination(message);
    batch->outParts[waiting] = (struct iovec){
        .iov_base = exchange->answer,
        .iov_len = exchange->answerLength < batch->answerBytes ? exchange->answerLength : batch->answerBytes};
    batch->out[waiting].msg_hdr = (struct msghdr){.msg_name = message->msg_name,
                                                  .msg_namelen = message->msg_namelen,
                                                  .msg_iov = &batch->outParts[waiting],
                                                  .msg_iovlen = 1,
                                                  .msg_control = message->msg_controllen > 0 ? message->msg_control : NULL,
                                                  .msg_controllen = message->msg_controllen};
    waiting++;
  }
  int sent = 0;
  for (unsigned first = 0; first < waiting;) {
    int now = sendmmsg(descriptor, batch->out + first, waiting - first, MSG_NOSIGNAL);
    if (now > 0) {
      first += (unsigned)now;
      sent += now;
    } else if (now < 0 && errno == EINTR) {
      continue;
    } else {
      // This one cannot be sent (its peer is unreachable, no buffers); the rest may.
      first++;
    }
  }
  return sent;
}

int netstead_datagram_socket(const struct sockaddr *address, uint32_t length, int joins, int tellsDestination, int waitMilliseconds) {
  int descriptor = socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  int on = 1, buffer = 4 << 20, omit = 5;  // 5: IP_PMTUDISC_OMIT and IPV6_PMTUDISC_OMIT
  struct timeval wait = {.tv_sec = waitMilliseconds / 1000, .tv_usec = waitMilliseconds % 1000 * 1000};
  int failed = (joins && setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) |
               setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) |
               setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  // Wishes only: the kernel may bound the buffers, and an old one may not know the option.
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  if (address->sa_family == AF_INET) {
    setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
    if (tellsDestination) failed |= setsockopt(descriptor, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  } else {
    failed |= setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit, sizeof omit);
    if (tellsDestination) failed |= setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  }
  // The first socket shares its port only once it has it: thus a port that another program has is found to be in use.
  if (failed || bind(descriptor, address, length) < 0 || setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) {
    int code = errno;
    close(descriptor);
    return -code;
  }
  return descriptor;
}

uint16_t netstead_local_port(int descriptor) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) return 0;
  return ntohs(address.ss_family == AF_INET ? ((struct sockaddr_in *)&address)->sin_port : ((struct sockaddr_in6 *)&address)->sin6_port);
}
