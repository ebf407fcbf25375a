// SPDX-License-Identifier: GPL-2.0
/* The lists of `check --json`, whose keys scripts read. */
#include "cm.h"

#include <stdlib.h>

#include "base/json.h"
#include "cmd/check_barred.h"

static char *text_of(const struct check_barred_list *barred)
{
	struct json json;

	json_start(&json);
	check_barred_add(&json, barred);
	return json_finish(&json, 0);
}

static void test_lists(void **state)
{
	struct check_barred two[] = {
		{{.tgid = 5, .comm = "redis", .anon_bytes = 64, .thp_disabled = true}, "it opted out", 7},
		{{.tgid = 6, .comm = "java", .anon_bytes = 32}, "its main thread has exited", -1},
	};
	struct check_barred_list barred = {.at = two, .n = 2};
	char *text = text_of(&barred);

	(void)state;
	assert_non_null(text);
	assert_contains(text, "\"barred\":[{\"pid\":5,\"comm\":\"redis\",\"anon_bytes\":64,"
			      "\"reason\":\"it opted out\",\"barred_s\":7},{\"pid\":6,");
	assert_contains(text, "\"barred_s\":null}],\"opted_out\":[{\"pid\":5,\"comm\":\"redis\","
			      "\"anon_bytes\":64,\"reason\":\"it opted out\",\"barred_s\":7}]");
	free(text);
}

static void test_of_nobody(void **state)
{
	char *text = text_of(&(struct check_barred_list){0});

	(void)state;
	assert_non_null(text);
	assert_contains(text, "\"barred\":[],\"opted_out\":[]");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_of_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
