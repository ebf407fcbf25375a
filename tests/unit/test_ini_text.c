// SPDX-License-Identifier: GPL-2.0
/* What is told of a text, as one text: each section, setting and mistake with its line. */
#include "cm.h"

#include <stdlib.h>

#include "config/ini_text.h"

static char told[1 << 16];

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	size_t used = strlen(told);
	va_list args;

	va_start(args, format);
	vsnprintf(told + used, sizeof(told) - used, format, args);
	va_end(args);
}

static void on_section(void *arg, unsigned int line, const char *name)
{
	(void)arg;
	tell("%u[%s] ", line, name);
}

static void on_setting(void *arg, unsigned int line, const char *section, const char *name, const char *value)
{
	(void)arg;
	tell("%u(%s)%s=%s ", line, section, name, value);
}

static void on_wrong(void *arg, unsigned int line, const char *what)
{
	(void)arg;
	tell("%u!%s ", line, what);
}

static const char *parse_bytes(const char *text, size_t len)
{
	static const struct ini_sink sink = {on_section, on_setting, on_wrong, NULL};

	*told = '\0';
	assert_int_equal(ini_text_parse(text, len, &sink), 0);
	return told;
}

static const char *parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

#define NEITHER "!wants NAME = VALUE, [run] or [rule NAME] "

static void test_lines(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{"", ""},
		{"\n\n", ""},
		{"[run]\ntop = 3\n", "1[run] 2(run)top=3 "},
		{"[run]\ntop=3", "1[run] 2(run)top=3 "}, /* no line feed at the end */
		{"top = 3\n[run]\n", "1()top=3 2[run] "},
		{"[a]\n[b]\n\nx = y z \n", "1[a] 2[b] 4(b)x=y z "},
		{"[rule a b]\nmatch = unit=x*\n", "1[rule a b] 2(rule a b)match=unit=x* "},
		{"[run]\r\ntop = 3\r\n\r\n", "1[run] 2(run)top=3 "},
		{"\xEF\xBB\xBF[run]\ntop = 3\n", "1[run] 2(run)top=3 "},
		/* what is set in is no second value of the line before */
		{"[run]\n\ttop = 3\n  interval = 5\n", "1[run] 2(run)top=3 3(run)interval=5 "},
		{"# a\n; b\n  # c\n[run] ; d\ntop = 3 ; e\n", "4[run] 5(run)top=3 "},
		{"[run]\ntop = 3 # e\n", "1[run] 2(run)top=3 # e "},
		{"[run]\ntop =\n", "1[run] 2(run)top= "},
		{"[run]\n= 3\n", "1[run] 2(run)=3 "},
		{"[run]\ntop: 3\n", "1[run] 2(run)top=3 "},
		{"[run\ntop = 3\n", "1!wants a ] behind the name of the section 2()top=3 "},
		{"[run]\ntop\n3\n", "1[run] 2" NEITHER "3" NEITHER},
		{"top", "1" NEITHER},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(parse(cases[i].text), cases[i].told);
}

static void test_nul(void **state)
{
	static const char text[] = "[run]\ntop = 3\0\n\0interval = 5\n\0\nrank = cpu\n";

	(void)state;
	assert_string_equal(parse_bytes(text, sizeof(text) - 1),
			    "1[run] 2!wants text, and has a NUL byte "
			    "3!wants text, and has a NUL byte "
			    "4!wants text, and has a NUL byte 5(run)rank=cpu ");
}

/* A value of @n bytes in the second of three lines. */
static const char *parse_long(size_t n)
{
	char *text = malloc(n + 64);
	size_t len;
	const char *got;

	assert_non_null(text);
	len = (size_t)sprintf(text, "[run]\nx = ");
	memset(text + len, 'y', n);
	len += n;
	len += (size_t)sprintf(text + len, "\ntop = 3\n");
	got = parse_bytes(text, len);
	free(text);
	return got;
}

/* A long line is not taken for several. */
static void test_long_lines(void **state)
{
	(void)state;
	assert_contains(parse_long(194), "yyy 3(run)top=3 ");
	assert_string_equal(parse_long(195),
			    "1[run] 2!wants at most 198 bytes in a line, and has 199 3(run)top=3 ");
	assert_string_equal(parse_long(1 << 20),
			    "1[run] 2!wants at most 198 bytes in a line, and has 1048580 3(run)top=3 ");
}

static void test_long_section(void **state)
{
	(void)state;
	assert_string_equal(parse("[rule 45678901234567890123456789012345678901234567]\n"),
			    "1[rule 45678901234567890123456789012345678901234567] ");
	assert_string_equal(parse("[rule 456789012345678901234567890123456789012345678]\n"),
			    "1!wants a shorter name of the section, of at most 49 bytes ");
}

/* Whatever stands there, each line is told at most once, and nothing is read behind the end. */
static void test_any_bytes(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t len = (size_t)rand_r(&seed) % 64;
		char *text = malloc(len ? len : 1);

		assert_non_null(text);
		for (size_t i = 0; i < len; i++)
			text[i] = "[]=;#\n\r \0ax:\xEF\xBB\xBF"[rand_r(&seed) % 16];
		parse_bytes(text, len);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),	   cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long_lines), cmocka_unit_test(test_long_section),
		cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
