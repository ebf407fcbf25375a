// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <arpa/inet.h>

#include "base/address.h"

static void test_this_host(void **state)
{
	struct address address;

	(void)state;
	assert_null(address_parse("127.0.0.1:9435", &address));
	assert_int_equal(address.any.sa_family, AF_INET);
	assert_int_equal(ntohl(address.in.sin_addr.s_addr), INADDR_LOOPBACK);
	assert_int_equal(ntohs(address.in.sin_port), 9435);
	assert_int_equal(address.len, sizeof(struct sockaddr_in));
	assert_null(address_parse("localhost:1", &address));
	assert_int_equal(ntohl(address.in.sin_addr.s_addr), INADDR_LOOPBACK);
	assert_null(address_parse("127.1.2.3:65535", &address));
	assert_int_equal(ntohs(address.in.sin_port), 65535);
	assert_null(address_parse("[::1]:9435", &address));
	assert_int_equal(address.any.sa_family, AF_INET6);
	assert_true(IN6_IS_ADDR_LOOPBACK(&address.in6.sin6_addr));
	assert_int_equal(address.len, sizeof(struct sockaddr_in6));
	assert_null(address_parse("unix:/run/hotdamon/metrics.sock", &address));
	assert_int_equal(address.any.sa_family, AF_UNIX);
	assert_string_equal(address.un.sun_path, "/run/hotdamon/metrics.sock");
}

/* Others could read it, or it is no address. */
static void test_no_other(void **state)
{
	static const char *const open[] = {"0.0.0.0:9435", "10.0.0.1:9435",	      "128.0.0.1:9435",
					   "[::]:9435",	   "[::ffff:127.0.0.1]:9435", "[fe80::1]:9435"};
	static const char *const none[] = {
		"",
		":",
		":9435",
		"9435",
		"127.0.0.1",
		"127.0.0.1:",
		"[::1]",
		"::1:9435",
		"[::1:9435",
		"::1]:9435",
		"[]:9435",
		"127.0.0.1:0",
		"host:9435",
		"127.0.0.1:65536",
		"127.0.0.1:x",
		"127.0.0.1:-1",
		"127.0.0.1:+1",
		"127.0.0.1: 1",
		"127.0.0.1:999999999999999999999",
		"127.1:80",
		"[127.0.0.1]:80",
		"unix:",
		"unix:/",
		"unix:a",
		"/run/a",
	};
	char longest[256];
	struct address address;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(open); i++)
		assert_contains(address_parse(open[i], &address), "others could read it");
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		if (!address_parse(none[i], &address))
			fail_msg("'%s' is taken for an address", none[i]);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_non_null(address_parse(longest, &address));
	memcpy(longest, "unix:/", 6);
	longest[6 + 107] = '\0';
	assert_contains(address_parse(longest, &address), "at most 107 bytes");
	longest[5 + 107] = '\0';
	assert_null(address_parse(longest, &address));
	assert_int_equal(strlen(address.un.sun_path), 107);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_this_host),
		cmocka_unit_test(test_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
