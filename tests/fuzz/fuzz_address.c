// SPDX-License-Identifier: GPL-2.0
/* Where metrics are served: on this host alone, and what it is printed as is the same address. */
#include <arpa/inet.h>

#include "base/address.h"
#include "fuzz.h"

static void print(const struct address *address, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "";

	switch (address->any.sa_family) {
	case AF_UNIX:
		fuzz_check(address->len == sizeof(address->un) && address->un.sun_path[0] == '/');
		snprintf(text, size, "unix:%s", address->un.sun_path);
		return;
	case AF_INET:
		fuzz_check(ntohl(address->in.sin_addr.s_addr) >> 24 == 127 && address->in.sin_port);
		inet_ntop(AF_INET, &address->in.sin_addr, host, sizeof(host));
		snprintf(text, size, "%s:%u", host, ntohs(address->in.sin_port));
		return;
	default:
		fuzz_check(address->any.sa_family == AF_INET6);
		fuzz_check(IN6_IS_ADDR_LOOPBACK(&address->in6.sin6_addr) && address->in6.sin6_port);
		inet_ntop(AF_INET6, &address->in6.sin6_addr, host, sizeof(host));
		snprintf(text, size, "[%s]:%u", host, ntohs(address->in6.sin6_port));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), shown[256];
	struct address address, again;

	if (!address_parse(text, &address)) {
		print(&address, shown, sizeof(shown));
		fuzz_check(!address_parse(shown, &again));
		fuzz_check(again.len == address.len && !memcmp(&again.un, &address.un, address.len));
	}
	free(text);
	return 0;
}
