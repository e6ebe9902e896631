// Trains of datagrams. Datagrams to one peer that follow each other and are equally long are one train: the kernel takes the way down its
// stack once for all of them, and at the other end of a loopback or of a card that can, once up again.
#define _GNU_SOURCE
#include "Bulk.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum {
  reads_max = 64,
  // Largest datagram there is, and as large as a train may grow. The stride is no power of two: all reads would meet in the same few lines of the cache.
  read_bytes = 65536,
  read_stride = read_bytes + 192,
  trains_max = 64,
  train_bytes = 65000,
  // What the kernel takes at once.
  train_datagrams = 64,
  arena_bytes = 2 << 20,
  control_room = CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)),
  dont = 0,   // IP_PMTUDISC_DONT, IPV6_PMTUDISC_DONT
  probe = 3,  // IP_PMTUDISC_PROBE, IPV6_PMTUDISC_PROBE
};

typedef struct {
  netstead_place target, source;
  uint8_t *bytes;
  uint32_t length, segment, count;
  uint8_t hasSource, isWhole, isEnded;
} train;

struct netstead_bulk {
  int descriptor, wake;
  uint16_t port;
  uint8_t isV6, isWhole;
  netstead_arrival arrivals[reads_max];
  struct mmsghdr in[reads_max], out[trains_max];
  struct iovec inParts[reads_max], outParts[trains_max];
  struct sockaddr_storage senders[reads_max], targets[trains_max];
  // Aligned as the headers in them are.
  size_t inControls[reads_max][(control_room + sizeof(size_t) - 1) / sizeof(size_t)];
  size_t outControls[trains_max][(control_room + sizeof(size_t) - 1) / sizeof(size_t)];
  train trains[trains_max];
  uint32_t trainCount;
  size_t used;
  uint8_t *reads, *arena;
};

static socklen_t write_address(netstead_place place, struct sockaddr_storage *out) {
  if (place.isV6) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(place.port)};
    uint64_t words[2] = {htobe64(place.high), htobe64(place.low)};
    memcpy(&address.sin6_addr, words, sizeof words);
    memcpy(out, &address, sizeof address);
    return sizeof address;
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(place.port), .sin_addr.s_addr = htonl((uint32_t)place.low)};
  memcpy(out, &address, sizeof address);
  return sizeof address;
}

static netstead_place place6(const struct in6_addr *address, uint16_t port) {
  uint64_t words[2];
  memcpy(words, address, sizeof words);
  return (netstead_place){.high = be64toh(words[0]), .low = be64toh(words[1]), .port = port, .isV6 = 1};
}

static netstead_place read_address(const struct sockaddr_storage *from) {
  if (from->ss_family == AF_INET6) {
    const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)from;
    return place6(&address->sin6_addr, ntohs(address->sin6_port));
  }
  const struct sockaddr_in *address = (const struct sockaddr_in *)from;
  return (netstead_place){.low = ntohl(address->sin_addr.s_addr), .port = ntohs(address->sin_port)};
}

static int is_same(const netstead_place *a, const netstead_place *b) {
  return a->low == b->low && a->port == b->port && a->high == b->high && a->isV6 == b->isV6;
}

static void discover(netstead_bulk *bulk, int isWhole) {
  int how = isWhole ? probe : dont;
  setsockopt(bulk->descriptor, bulk->isV6 ? IPPROTO_IPV6 : IPPROTO_IP, bulk->isV6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &how, sizeof how);
  bulk->isWhole = isWhole != 0;
}

static int open_port(netstead_bulk *bulk, netstead_place place) {
  int on = 1, buffer = 4 << 20;
  // A queue that stays full this long drops.
  struct timeval wait = {.tv_usec = 100000};
  struct sockaddr_storage address;
  socklen_t length = write_address(place, &address);
  bulk->isV6 = place.isV6;
  bulk->descriptor = socket(place.isV6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bulk->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bulk->descriptor < 0 || bulk->wake < 0) return errno;
  if (place.isV6 && setsockopt(bulk->descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) return errno;
  if (setsockopt(bulk->descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) < 0) return errno;
  // Wishes only: the kernel may bound the buffers, and an old one may not know trains.
  setsockopt(bulk->descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(bulk->descriptor, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  setsockopt(bulk->descriptor, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
  if (place.high == 0 && place.low == 0) {
    if (place.isV6) setsockopt(bulk->descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
    else setsockopt(bulk->descriptor, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  }
  discover(bulk, 0);
  if (bind(bulk->descriptor, (struct sockaddr *)&address, length) < 0) return errno;
  length = sizeof address;
  if (getsockname(bulk->descriptor, (struct sockaddr *)&address, &length) < 0) return errno;
  bulk->port = read_address(&address).port;
  return 0;
}

netstead_bulk *netstead_bulk_make(netstead_place place, int *error) {
  netstead_bulk *bulk = calloc(1, sizeof *bulk);
  *error = ENOMEM;
  if (!bulk) return NULL;
  bulk->descriptor = bulk->wake = -1;
  bulk->reads = malloc((size_t)reads_max * read_stride);
  bulk->arena = malloc(arena_bytes);
  if (bulk->reads && bulk->arena) *error = open_port(bulk, place);
  if (*error) {
    netstead_bulk_free(bulk);
    return NULL;
  }
  for (int i = 0; i < reads_max; i++) {
    bulk->arrivals[i].bytes = bulk->reads + (size_t)i * read_stride;
    bulk->inParts[i] = (struct iovec){.iov_base = bulk->reads + (size_t)i * read_stride, .iov_len = read_bytes};
    bulk->in[i].msg_hdr = (struct msghdr){.msg_name = &bulk->senders[i], .msg_iov = &bulk->inParts[i], .msg_iovlen = 1};
  }
  return bulk;
}

void netstead_bulk_free(netstead_bulk *bulk) {
  if (!bulk) return;
  if (bulk->descriptor >= 0) close(bulk->descriptor);
  if (bulk->wake >= 0) close(bulk->wake);
  free(bulk->reads);
  free(bulk->arena);
  free(bulk);
}

uint16_t netstead_bulk_port(const netstead_bulk *bulk) { return bulk->port; }

void netstead_bulk_wait(netstead_bulk *bulk, int64_t nanoseconds) {
  struct pollfd both[2] = {{.fd = bulk->descriptor, .events = POLLIN}, {.fd = bulk->wake, .events = POLLIN}};
  struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  if (ppoll(both, 2, nanoseconds < 0 ? NULL : &time, NULL) > 0 && both[1].revents) {
    uint64_t count;
    (void)!read(bulk->wake, &count, sizeof count);
  }
}

void netstead_bulk_wake(netstead_bulk *bulk) {
  uint64_t one = 1;
  (void)!write(bulk->wake, &one, sizeof one);
}

// MARK: In

static void read_control(struct msghdr *message, netstead_arrival *arrival) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
      int segment;
      memcpy(&segment, CMSG_DATA(header), sizeof segment);
      if (segment > 0) arrival->segment = (uint32_t)segment;
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(header), sizeof info);
      arrival->destination = (netstead_place){.low = ntohl(info.ipi_addr.s_addr)};
      arrival->hasDestination = 1;
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(header), sizeof info);
      arrival->destination = place6(&info.ipi6_addr, 0);
      arrival->hasDestination = 1;
    }
  }
}

int netstead_bulk_receive(netstead_bulk *bulk) {
  for (int i = 0; i < reads_max; i++) {
    struct msghdr *message = &bulk->in[i].msg_hdr;
    message->msg_namelen = sizeof bulk->senders[i];
    message->msg_control = bulk->inControls[i];
    message->msg_controllen = control_room;
    message->msg_flags = 0;
  }
  int count = recvmmsg(bulk->descriptor, bulk->in, reads_max, MSG_DONTWAIT, NULL);
  // An answer's peer that is gone (ECONNREFUSED) concerns that peer only.
  if (count < 0) return 0;
  for (int i = 0; i < count; i++) {
    netstead_arrival *arrival = &bulk->arrivals[i];
    arrival->length = bulk->in[i].msg_len;
    arrival->segment = arrival->length;
    arrival->hasDestination = 0;
    arrival->sender = read_address(&bulk->senders[i]);
    read_control(&bulk->in[i].msg_hdr, arrival);
  }
  return count;
}

const netstead_arrival *netstead_bulk_arrivals(const netstead_bulk *bulk) { return bulk->arrivals; }

// MARK: Out

void netstead_bulk_add(netstead_bulk *bulk, netstead_place target, const netstead_place *source, const void *head, size_t headLength,
                       const void *body, size_t bodyLength, int isWhole) {
  size_t size = headLength + bodyLength;
  if (size == 0 || size > train_bytes || target.isV6 != bulk->isV6) return;
  train *last = bulk->trainCount > 0 ? &bulk->trains[bulk->trainCount - 1] : NULL;
  if (bulk->used + size > arena_bytes) {
    netstead_bulk_flush(bulk);
    last = NULL;
  }
  int joins = last && !last->isEnded && size <= last->segment && last->length + size <= train_bytes && last->count < train_datagrams &&
              last->isWhole == (isWhole != 0) && last->hasSource == (source != NULL) && is_same(&last->target, &target) &&
              (!source || is_same(&last->source, source));
  if (!joins) {
    if (bulk->trainCount == trains_max) netstead_bulk_flush(bulk);
    last = &bulk->trains[bulk->trainCount++];
    *last = (train){.target = target, .bytes = bulk->arena + bulk->used, .segment = (uint32_t)size, .isWhole = isWhole != 0};
    if (source) {
      last->source = *source;
      last->hasSource = 1;
    }
  }
  if (headLength) memcpy(bulk->arena + bulk->used, head, headLength);
  if (bodyLength) memcpy(bulk->arena + bulk->used + headLength, body, bodyLength);
  bulk->used += size;
  last->length += (uint32_t)size;
  last->count++;
  // Only the last datagram of a train may be shorter.
  if (size < last->segment) last->isEnded = 1;
}

static size_t write_control(const train *train, size_t *room, size_t capacity) {
  struct msghdr message = {.msg_control = room, .msg_controllen = capacity};
  size_t used = 0;
  memset(room, 0, capacity);
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (train->count > 1) {
    uint16_t segment = (uint16_t)train->segment;
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof segment);
    memcpy(CMSG_DATA(header), &segment, sizeof segment);
    used += CMSG_SPACE(sizeof segment);
    header = CMSG_NXTHDR(&message, header);
  }
  if (train->hasSource && train->source.isV6) {
    struct in6_pktinfo info = {0};
    uint64_t words[2] = {htobe64(train->source.high), htobe64(train->source.low)};
    memcpy(&info.ipi6_addr, words, sizeof words);
    header->cmsg_level = IPPROTO_IPV6;
    header->cmsg_type = IPV6_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(header), &info, sizeof info);
    used += CMSG_SPACE(sizeof info);
  } else if (train->hasSource) {
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl((uint32_t)train->source.low)};
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(header), &info, sizeof info);
    used += CMSG_SPACE(sizeof info);
  }
  return used;
}

// Where the kernel or the card cannot take a train, its datagrams leave one by one.
static void send_apart(netstead_bulk *bulk, train *whole, const struct msghdr *message) {
  train one = *whole;
  for (uint32_t offset = 0; offset < whole->length; offset += whole->segment) {
    struct iovec part = {.iov_base = whole->bytes + offset,
                         .iov_len = whole->length - offset < whole->segment ? whole->length - offset : whole->segment};
    size_t room[(control_room + sizeof(size_t) - 1) / sizeof(size_t)];
    one.count = 1;
    size_t controlLength = write_control(&one, room, sizeof room);
    struct msghdr single = {.msg_name = message->msg_name, .msg_namelen = message->msg_namelen, .msg_iov = &part, .msg_iovlen = 1,
                            .msg_control = controlLength ? room : NULL, .msg_controllen = controlLength};
    sendmsg(bulk->descriptor, &single, MSG_NOSIGNAL);
  }
}

static void send_trains(netstead_bulk *bulk, uint32_t first, uint32_t end) {
  while (first < end) {
    int sent = sendmmsg(bulk->descriptor, bulk->out + first, end - first, MSG_NOSIGNAL);
    if (sent > 0) {
      first += (uint32_t)sent;
    } else if (sent < 0 && errno == EINTR) {
      continue;
    } else {
      if (bulk->trains[first].count > 1 && (errno == EINVAL || errno == EIO || errno == EMSGSIZE || errno == EOPNOTSUPP))
        send_apart(bulk, &bulk->trains[first], &bulk->out[first].msg_hdr);
      first++;
    }
  }
}

void netstead_bulk_flush(netstead_bulk *bulk) {
  for (uint32_t i = 0; i < bulk->trainCount; i++) {
    train *train = &bulk->trains[i];
    size_t controlLength = write_control(train, bulk->outControls[i], sizeof bulk->outControls[i]);
    bulk->outParts[i] = (struct iovec){.iov_base = train->bytes, .iov_len = train->length};
    bulk->out[i].msg_hdr = (struct msghdr){.msg_name = &bulk->targets[i],
                                           .msg_namelen = write_address(train->target, &bulk->targets[i]),
                                           .msg_iov = &bulk->outParts[i],
                                           .msg_iovlen = 1,
                                           .msg_control = controlLength ? bulk->outControls[i] : NULL,
                                           .msg_controllen = controlLength};
  }
  for (uint32_t first = 0; first < bulk->trainCount;) {
    uint32_t end = first + 1;
    while (end < bulk->trainCount && bulk->trains[end].isWhole == bulk->trains[first].isWhole) end++;
    if (bulk->trains[first].isWhole != bulk->isWhole) discover(bulk, bulk->trains[first].isWhole);
    send_trains(bulk, first, end);
    first = end;
  }
  bulk->trainCount = 0;
  bulk->used = 0;
}
