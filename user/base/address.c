// SPDX-License-Identifier: GPL-2.0
#include "base/address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

#define WANTED "a loopback address with its port, as 127.0.0.1:9435 or [::1]:9435, or unix:PATH"

static const char *parse_path(const char *path, struct address *address)
{
	*address = (struct address){.un.sun_family = AF_UNIX, .len = sizeof(address->un)};
	if (*path != '/' || path[1] == '\0')
		return "an absolute path behind unix:";
	if (strlen(path) >= sizeof(address->un.sun_path))
		return "a path of at most 107 bytes behind unix:";
	snprintf(address->un.sun_path, sizeof(address->un.sun_path), "%s", path);
	return NULL;
}

static bool parse_port(const char *text, in_port_t *port)
{
	uint64_t value;

	if (!number_parse(text, 1, UINT16_MAX, &value))
		return false;
	*port = htons((in_port_t)value);
	return true;
}

static const char *parse_in6(const char *host, in_port_t port, struct address *address)
{
	*address = (struct address){.in6 = {.sin6_family = AF_INET6, .sin6_port = port},
				    .len = sizeof(address->in6)};
	if (inet_pton(AF_INET6, host, &address->in6.sin6_addr) != 1)
		return WANTED;
	return IN6_IS_ADDR_LOOPBACK(&address->in6.sin6_addr) ? NULL : WANTED ": others could read it";
}

static const char *parse_in(const char *host, in_port_t port, struct address *address)
{
	*address =
		(struct address){.in = {.sin_family = AF_INET, .sin_port = port}, .len = sizeof(address->in)};
	if (!strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &address->in.sin_addr) != 1)
		return WANTED;
	return ntohl(address->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET ? NULL
									  : WANTED ": others could read it";
}

const char *address_parse(const char *text, struct address *address)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t len;
	in_port_t port;

	if (!strncmp(text, "unix:", 5))
		return parse_path(text + 5, address);
	len = colon ? (size_t)(colon - text) : sizeof(host);
	if (!len || len >= sizeof(host) || !parse_port(colon + 1, &port))
		return WANTED;
	snprintf(host, sizeof(host), "%.*s", (int)len, text);
	if (host[0] != '[')
		return parse_in(host, port, address);
	if (host[len - 1] != ']')
		return WANTED;
	host[len - 1] = '\0';
	return parse_in6(host + 1, port, address);
}
