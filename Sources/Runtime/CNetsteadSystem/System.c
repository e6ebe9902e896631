// Single datagrams with a chosen source, and socket addresses. Read next: Datagrams.c.
#define _GNU_SOURCE
#include "CNetsteadSystem.h"

#include <arpa/inet.h>
#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int netstead_has_unread(int descriptor) {
  char byte;
  return recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

long netstead_send_to(int descriptor, const void *bytes, size_t length, const struct sockaddr *target, uint32_t targetLength) {
  return sendto(descriptor, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL, target, targetLength);
}

long netstead_send_from(int descriptor, const void *bytes, size_t length, const struct sockaddr *target, uint32_t targetLength,
                        const struct sockaddr *source) {
  union {
    char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    struct cmsghdr align;
  } control;
  memset(&control, 0, sizeof control);
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
  struct msghdr message = {
      .msg_name = (void *)target, .msg_namelen = targetLength, .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
  if (source->sa_family == AF_INET) {
    message.msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
    struct in_pktinfo info = {.ipi_spec_dst = ((const struct sockaddr_in *)source)->sin_addr};
    memcpy(CMSG_DATA(header), &info, sizeof info);
  } else {
    message.msg_controllen = CMSG_SPACE(sizeof(struct in6_pktinfo));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IPV6;
    header->cmsg_type = IPV6_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo));
    struct in6_pktinfo info = {.ipi6_addr = ((const struct sockaddr_in6 *)source)->sin6_addr};
    memcpy(CMSG_DATA(header), &info, sizeof info);
  }
  return sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

struct sockaddr_in netstead_address4(uint32_t address, uint16_t port) {
  struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = htonl(address)}};
  return made;
}

struct sockaddr_in6 netstead_address6(uint64_t high, uint64_t low, uint16_t port) {
  struct sockaddr_in6 made = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  uint64_t words[2] = {htobe64(high), htobe64(low)};
  memcpy(&made.sin6_addr, words, sizeof words);
  return made;
}

void netstead_hasten(int descriptor) { sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE); }
