// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include "report/metrics.h"

/* What clients send: curl, Prometheus 2.5 to 3, browsers, and who only knows the old format. */
static void test_who_asks_for_what(void **state)
{
	static const struct {
		const char *accept;
		enum metrics_format format;
	} cases[] = {
		{NULL, METRICS_OPEN},
		{"", METRICS_OPEN},
		{"*/*", METRICS_OPEN},
		{"application/openmetrics-text;version=1.0.0,application/"
		 "openmetrics-text;version=0.0.1;q=0.75,"
		 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 METRICS_OPEN},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", METRICS_OPEN},
		{"text/plain", METRICS_TEXT},
		{"TEXT/Plain ; version=0.0.4", METRICS_TEXT},
		{"text/plain;version=0.0.4;q=1,*/*;q=0.1", METRICS_TEXT},
		{"application/vnd.google.protobuf;q=0.7,text/plain;version=0.0.4;q=0.3", METRICS_TEXT},
		{"text/plain;q=0.5,application/openmetrics-text;q=0.4", METRICS_TEXT},
		{"text/plain;q=0.5,application/openmetrics-text;q=0.5", METRICS_OPEN},
		{"text/plain;q=0", METRICS_OPEN},
		{"text/plain, application/*;q=0.9", METRICS_TEXT},
		{"text/plain;q=0.8, application/*;q=0.9", METRICS_OPEN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (metrics_accepted(cases[i].accept) != cases[i].format)
			fail_msg("'%s' gets %d", cases[i].accept, metrics_accepted(cases[i].accept));
}

/* No sense in it is no reason to fall, and what is no quality is none. */
static void test_nonsense(void **state)
{
	static const char *const headers[] = {
		",",
		";",
		",;,;",
		"text/plain;q=nan",
		"text/plain;q=7",
		"text/plain;q=-1",
		";q=1",
		"text/plain;q=0x",
		"text/plain;q=inf",
		"text",
		"text/plain/more",
		" \t , \t ",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		assert_int_equal(metrics_accepted(headers[i]), METRICS_OPEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_asks_for_what),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
