// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <string.h>

#include "decide/optout.h"
#include "decide/process.h"

/* Each says how its owner can change it, and no reason is cut. */
static void test_explain(void **state)
{
	static const struct {
		const char *comm, *remedy;
	} cases[] = {
		{"redis-server", "`disable-thp no` in its configuration"},
		{"valkey-server", "`disable-thp no` in its configuration"},
		{"keydb-server", "`disable-thp no` in its configuration"},
		{"mariadbd", "`large-pages` is its own way"},
		{"mysqld", "`large-pages` is its own way"},
		{"redis-server2", "prctl(PR_SET_THP_DISABLE)"},
		{"java", "systemd: MemoryTHP="},
		{"", "systemd: MemoryTHP="},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *reason = optout_reason(cases[i].comm);

		assert_contains(reason, "it opted out of huge pages (THP_enabled: 0 in its status)");
		assert_contains(reason, cases[i].remedy);
		assert_true(strlen(reason) < REASON_LEN - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
