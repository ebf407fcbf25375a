/* SPDX-License-Identifier: GPL-2.0 */
/* Where a server of ours listens: on this host alone. */
#ifndef HOTDAMON_BASE_ADDRESS_H
#define HOTDAMON_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t len;
};

/*
 * "127.0.0.1:9435", "[::1]:9435", "localhost:9435" or "unix:/run/hotdamon/metrics.sock". NULL, or in words what is wanted
 * instead. What is no loopback address is refused: who connects is asked nothing.
 */
const char *address_parse(const char *text, struct address *address);

#endif
