// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <locale.h>

#include "report/text.h"

static int in_locale(void **state, const char *name)
{
	(void)state;
	return setlocale(LC_CTYPE, name) ? 0 : -1;
}

static int in_utf8(void **state)
{
	return in_locale(state, "C.UTF-8");
}

static int in_c(void **state)
{
	return in_locale(state, "C");
}

struct fit_case {
	const char *in;
	unsigned int columns;
	enum text_align align;
	const char *out;
};

static void check_fits(const struct fit_case *cases, size_t n)
{
	char out[64];

	for (size_t i = 0; i < n; i++) {
		text_fit(cases[i].in, cases[i].columns, cases[i].align, out, sizeof(out));
		assert_string_equal(out, cases[i].out);
	}
}

static void test_fit(void **state)
{
	static const struct fit_case cases[] = {
		{"redis", 8, TEXT_LEFT, "redis   "},
		{"redis", 8, TEXT_RIGHT, "   redis"},
		{"redis", 5, TEXT_LEFT, "redis"},
		{"redis", 4, TEXT_LEFT, "red+"},
		{"redis", 4, TEXT_RIGHT, "red+"},
		{"redis", 1, TEXT_LEFT, "+"},
		{"redis", 0, TEXT_LEFT, ""},
		{"", 3, TEXT_LEFT, "   "},
		{"a\x1b[2Jb", 8, TEXT_LEFT, "a?[2Jb  "},
		{"a\tb\nc\rd\x7f", 9, TEXT_LEFT, "a?b?c?d? "},
	};

	(void)state;
	check_fits(cases, ARRAY_SIZE(cases));
}

static void test_fit_utf8(void **state)
{
	static const struct fit_case cases[] = {
		{"größe", 6, TEXT_LEFT, "größe "},
		{"größe", 4, TEXT_RIGHT, "grö+"},
		{"日本語", 7, TEXT_LEFT, "日本語 "}, /* each is two columns wide */
		{"日本語", 5, TEXT_LEFT, "日本+"},
		{"日本語", 4, TEXT_LEFT, "日+ "},
		{"\xc2\x9b"
		 "31m",
		 5, TEXT_LEFT, "?31m "}, /* a C1 control: CSI in one character */
		{"a\xe2\x80\xae"
		 "b",
		 4, TEXT_LEFT, "a?b "}, /* right-to-left override */
		{"a\xcc\x81"
		 "b",
		 4, TEXT_LEFT, "a?b "},			/* a combining accent */
		{"\xff\xe2\x82", 4, TEXT_LEFT, "??? "}, /* no UTF-8, and one that was cut */
	};

	(void)state;
	check_fits(cases, ARRAY_SIZE(cases));
	assert_int_equal(text_columns("日本語a"), 7);
}

static void test_fit_c(void **state)
{
	static const struct fit_case cases[] = {{"größe\u202e", 7, TEXT_LEFT, "gr??e? "},
						{"\x9b"
						 "1m",
						 4, TEXT_LEFT, "?1m "}};

	(void)state;
	check_fits(cases, ARRAY_SIZE(cases));
}

/* Whatever bytes: as many columns as asked for, and no byte of a control among them. */
static void test_fit_any_bytes(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char in[16], out[4 * 20 + 1];
		unsigned int columns;

		for (size_t i = 0; i < sizeof(in); i++) {
			random = random * 1664525 + 1013904223;
			in[i] = (char)(random >> 24);
		}
		in[random >> 8 & 15] = '\0';
		in[15] = '\0';
		columns = random >> 12 & 15;
		text_fit(in, columns, random & 1 ? TEXT_LEFT : TEXT_RIGHT, out, sizeof(out));
		assert_int_equal(text_columns(out), columns);
		for (const char *c = out; *c; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
	}
}

static void test_small_buffer(void **state)
{
	char out[6] = "#####";

	(void)state;
	text_fit("abcdefgh", 8, TEXT_LEFT, out, 4);
	assert_string_equal(out, "abc");
	assert_int_equal(out[4], '#');
	text_fit("abc", 2, TEXT_LEFT, out, 0); /* nothing is written */
	assert_string_equal(out, "abc");
	text_clean("a日本", out, 3);
	assert_string_equal(out, "a?");
}

static void test_bytes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "1B"},
		{999, "999B"},
		{1000, "1.0K"},
		{4096, "4.0K"},
		{10187, "9.9K"},
		{10240, "10K"},
		{812 << 10, "812K"},
		{1023 << 10, "1.0M"},
		{1288490188, "1.2G"},
		{16ULL << 30, "16G"},
		{UINT64_MAX, "16E"},
	};
	char text[TEXT_BYTES_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		text_bytes(cases[i].bytes, text);
		assert_string_equal(text, cases[i].text);
	}
	for (int shift = 0; shift < 64; shift++)
		for (uint64_t of = 900; of < 1100; of++) {
			text_bytes(of << shift >> 3, text);
			assert_true(strlen(text) <= 5);
		}
}

static void test_uptime(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {{0, "0:00"},
		     {59, "0:00"},
		     {60, "0:01"},
		     {46920, "13:02"},
		     {86399, "23:59"},
		     {86400, "1 day, 0:00"},
		     {263940, "3 days, 1:19"},
		     {UINT64_MAX, "213503982334601 days, 7:00"}};
	char text[TEXT_UPTIME_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		text_uptime(cases[i].seconds, text);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fit, in_utf8),
		cmocka_unit_test_setup(test_fit_utf8, in_utf8),
		cmocka_unit_test_setup(test_fit_any_bytes, in_utf8),
		cmocka_unit_test_setup(test_fit_c, in_c),
		cmocka_unit_test_setup(test_fit, in_c),
		cmocka_unit_test_setup(test_fit_any_bytes, in_c),
		cmocka_unit_test(test_small_buffer),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_uptime),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
