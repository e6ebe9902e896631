// Addresses and routes through rtnetlink, so that no tool need be installed. See include/Namespace.h.
#define _GNU_SOURCE
#include "Namespace.h"

#ifdef __linux__
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

/// One request: header, fixed part, attributes.
struct request {
  struct nlmsghdr header;
  char body[256];
};

/// Adds an attribute at the end of the request. The attributes used here are known to fit.
static void attach(struct request *request, unsigned short type, const void *data, size_t length) {
  struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
  attribute->rta_type = type;
  attribute->rta_len = RTA_LENGTH(length);
  memcpy(RTA_DATA(attribute), data, length);
  request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

/// Sends the request and waits for the kernel's verdict.
static int ask(struct request *request) {
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (descriptor < 0) return errno;
  request->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  int verdict = 0;
  char answer[512];
  if (send(descriptor, request, request->header.nlmsg_len, 0) < 0) {
    verdict = errno;
  } else {
    ssize_t length = recv(descriptor, answer, sizeof answer, 0);
    const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
    if (length < 0) {
      verdict = errno;
    } else if ((size_t)length < NLMSG_LENGTH(sizeof(struct nlmsgerr)) || header->nlmsg_type != NLMSG_ERROR) {
      verdict = EPROTO;
    } else {
      verdict = -((const struct nlmsgerr *)NLMSG_DATA(header))->error;
    }
  }
  close(descriptor);
  return verdict;
}

int netstead_loopback_up(void) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  struct ifreq interface;
  memset(&interface, 0, sizeof interface);
  strcpy(interface.ifr_name, "lo");
  int verdict = 0;
  if (ioctl(descriptor, SIOCGIFFLAGS, &interface) < 0) verdict = errno;
  interface.ifr_flags |= IFF_UP | IFF_RUNNING;
  if (verdict == 0 && ioctl(descriptor, SIOCSIFFLAGS, &interface) < 0) verdict = errno;
  close(descriptor);
  return verdict;
}

int netstead_add_address(const uint8_t *address, size_t length) {
  if (length != 4 && length != 16) return EINVAL;
  struct request request;
  memset(&request, 0, sizeof request);
  request.header.nlmsg_type = RTM_NEWADDR;
  request.header.nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg));
  struct ifaddrmsg *message = NLMSG_DATA(&request.header);
  message->ifa_family = length == 4 ? AF_INET : AF_INET6;
  message->ifa_prefixlen = length == 4 ? 32 : 128;
  // Nobody else can have it: usable at once.
  message->ifa_flags = IFA_F_PERMANENT | IFA_F_NODAD;
  message->ifa_index = if_nametoindex("lo");
  attach(&request, IFA_LOCAL, address, length);
  attach(&request, IFA_ADDRESS, address, length);
  return ask(&request);
}

/// A request about the local route to one address.
static struct request local_route(unsigned short type, const uint8_t *destination, size_t length) {
  struct request request;
  memset(&request, 0, sizeof request);
  request.header.nlmsg_type = type;
  request.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg));
  struct rtmsg *message = NLMSG_DATA(&request.header);
  message->rtm_family = length == 4 ? AF_INET : AF_INET6;
  message->rtm_dst_len = length == 4 ? 32 : 128;
  message->rtm_table = RT_TABLE_LOCAL;
  message->rtm_protocol = RTPROT_KERNEL;
  message->rtm_type = RTN_LOCAL;
  message->rtm_scope = length == 4 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
  unsigned int index = if_nametoindex("lo");
  attach(&request, RTA_DST, destination, length);
  attach(&request, RTA_OIF, &index, sizeof index);
  return request;
}

int netstead_speak_as(const uint8_t *destination, const uint8_t *source, size_t length) {
  if (length != 4 && length != 16) return EINVAL;
  if (length == 16) {
    // The kernel's own IPv6 route has metric 0, which nobody else can give: it cannot be replaced, but it can be removed.
    // It appears a moment after the address, when the kernel's own work gets to it: so a route that is not there yet is waited for.
    int verdict = ESRCH;
    for (int attempt = 0; verdict == ESRCH && attempt < 50; attempt++) {
      if (attempt > 0) nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
      struct request removal = local_route(RTM_DELROUTE, destination, length);
      verdict = ask(&removal);
    }
    if (verdict != 0 && verdict != ESRCH) return verdict;
  }
  struct request request = local_route(RTM_NEWROUTE, destination, length);
  request.header.nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
  attach(&request, RTA_PREFSRC, source, length);
  return ask(&request);
}

int netstead_mount_over(const char *source, const char *target) { return mount(source, target, NULL, MS_BIND, NULL) == 0 ? 0 : errno; }

int netstead_hide_folder(const char *target) { return mount("none", target, "tmpfs", 0, "size=64k,mode=755") == 0 ? 0 : errno; }

#else
#include <errno.h>

// Namespaces are Linux's; elsewhere the lab uses loopback addresses.
int netstead_loopback_up(void) { return ENOTSUP; }
int netstead_add_address(const uint8_t *address, size_t length) { return ENOTSUP; }
int netstead_speak_as(const uint8_t *destination, const uint8_t *source, size_t length) { return ENOTSUP; }
int netstead_mount_over(const char *source, const char *target) { return ENOTSUP; }
int netstead_hide_folder(const char *target) { return ENOTSUP; }
#endif
