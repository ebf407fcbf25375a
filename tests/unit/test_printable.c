// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <json-c/json.h>

#include "base/printable.h"

struct text_case {
	const char *in, *out;
};

static void check(const struct text_case *cases, size_t n)
{
	char out[64];

	for (size_t i = 0; i < n; i++) {
		printable_text(cases[i].in, out, sizeof(out));
		assert_string_equal(out, cases[i].out);
	}
}

static void test_names_stay(void **state)
{
	static const struct text_case cases[] = {
		{"", ""},
		{"redis-server", "redis-server"},
		{"(sd-pam) 50% ?", "(sd-pam) 50% ?"},
		{"größe 日本 😀", "größe 日本 😀"},
		{"e\u0301", "e\u0301"}, /* an accent of its own */
		{"\u00a0 \u200a \u2027 \u202f \ufffd \U0010fffd",
		 "\u00a0 \u200a \u2027 \u202f \ufffd \U0010fffd"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void test_controls(void **state)
{
	static const struct text_case cases[] = {
		{"a\x1b[2J\n\tb\r\x7f", "a?[2J??b??"},
		{"a\xc2\x85"
		 "b\xc2\x9b"
		 "1m",
		 "a?b?1m"}, /* NEL, and CSI in one character */
		{"a\u2028b\u2029c", "a?b?c"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

/* "a<U+202E>gpj.exe" is shown as "aexe.jpg". */
static void test_direction(void **state)
{
	static const struct text_case cases[] = {
		{"a\u202egpj.exe", "a?gpj.exe"},
		{"\u200e\u200f\u061c", "???"},
		{"\u202a\u202b\u202c\u202d\u202e", "?????"},
		{"\u2066\u2067\u2068\u2069", "????"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void test_unseen(void **state)
{
	static const struct text_case cases[] = {
		{"\ufeffroot", "?root"},
		{"ro\u200bot \u200c\u200d\u2060\u00ad\u3164", "ro?ot ?????"},
		{"a\ufe0f\U000e0041\ufff9\uffff\ufdd0", "a?????"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void test_no_utf8(void **state)
{
	static const struct text_case cases[] = {
		{"\xff\xfe", "??"},
		{"a\xe6\x97", "a??"}, /* the kernel cuts names between bytes */
		{"a\x80\x9b"
		 "b",
		 "a??b"},
		{"\xc0\xaf\xc1\xbf", "????"},			       /* overlong */
		{"\xe0\x9b\x9b\xf0\x80\x80\x9b", "???????"},	       /* also in three and four */
		{"\xed\xa0\x80", "???"},			       /* a surrogate */
		{"\xf4\x90\x80\x80\xf8\x88\x80\x80\x80", "?????????"}, /* beyond U+10FFFF */
		{"\xc3("
		 "\xe2\x82(",
		 "?("
		 "??"
		 "("},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void test_cut_between_characters(void **state)
{
	char out[8] = "#######";

	(void)state;
	printable_text("日本", out, 6);
	assert_string_equal(out, "日");
	printable_text("\u202e\u202e\u202e", out, 3);
	assert_string_equal(out, "??");
	printable_text("abc", out, 1);
	assert_string_equal(out, "");
	printable_text("abc", out, 0);
	assert_string_equal(out, "");
	assert_int_equal(out[7], '\0');
}

static void test_first(void **state)
{
	uint32_t code = 0;

	(void)state;
	assert_int_equal(printable_first("a", &code), 1);
	assert_int_equal(code, 'a');
	assert_int_equal(printable_first("日本", &code), 3);
	assert_int_equal(code, 0x65e5);
	assert_int_equal(printable_first("\u202e", &code), 3);
	assert_int_equal(code, '?');
	assert_int_equal(printable_first("\x9b", &code), 1);
	assert_int_equal(code, '?');
}

/* Whatever bytes: no longer than before, no control, cleaned once and for all, and json-c takes it for UTF-8. */
static void test_any_bytes(void **state)
{
	struct json_tokener *tokener = json_tokener_new();
	uint32_t random = 1;

	(void)state;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	for (int round = 0; round < 20000; round++) {
		char in[16], out[16], again[16], json[24];

		for (size_t i = 0; i < sizeof(in); i++) {
			random = random * 1664525 + 1013904223;
			in[i] = (char)(random >> 24 | (random & 0x800 ? 0x80 : 0));
		}
		in[15] = '\0';
		printable_text(in, out, sizeof(out));
		assert_true(strlen(out) <= strlen(in));
		for (const char *c = out; *c; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
		printable_text(out, again, sizeof(again));
		assert_string_equal(out, again);
		for (char *c = out; *c; c++)
			*c = *c == '"' || *c == '\\' ? '.' : *c;
		snprintf(json, sizeof(json), "\"%s\"", out);
		json_tokener_reset(tokener);
		json_object_put(json_tokener_parse_ex(tokener, json, -1));
		assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	}
	json_tokener_free(tokener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_stay), cmocka_unit_test(test_controls),
		cmocka_unit_test(test_direction),  cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_no_utf8),	   cmocka_unit_test(test_cut_between_characters),
		cmocka_unit_test(test_first),	   cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
