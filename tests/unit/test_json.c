// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <dlfcn.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <json-c/json.h>
#include <json-c/printbuf.h>

#include "base/json.h"

/* What base/json asks of json-c; the fails_at-th call finds no memory. 0: all do. */
static unsigned int calls, fails_at;

static bool has_memory(void)
{
	return ++calls != fails_at;
}

#define OR_NONE(returned, none, name, params, args)                                                          \
	returned name params                                                                                 \
	{                                                                                                    \
		returned(*real) params = (returned(*) params)dlsym(RTLD_NEXT, #name);                        \
		return has_memory() ? real args : none;                                                      \
	}

OR_NONE(struct json_object *, NULL, json_object_new_object, (void), ())
OR_NONE(struct json_object *, NULL, json_object_new_array, (void), ())
OR_NONE(struct json_object *, NULL, json_object_new_string, (const char *text), (text))
OR_NONE(struct json_object *, NULL, json_object_new_boolean, (json_bool value), (value))
OR_NONE(struct json_object *, NULL, json_object_new_int64, (int64_t value), (value))
OR_NONE(struct json_object *, NULL, json_object_new_uint64, (uint64_t value), (value))
OR_NONE(struct json_object *, NULL, json_object_new_double_s, (double value, const char *text), (value, text))
OR_NONE(int, -1, json_object_object_add,
	(struct json_object * in, const char *key, struct json_object *value), (in, key, value))
OR_NONE(int, -1, json_object_array_add, (struct json_object * in, struct json_object *value), (in, value))
OR_NONE(int, -1, printbuf_memset, (struct printbuf * buffer, int from, int c, int len),
	(buffer, from, c, len))

static char *one_of_each(enum json_style style)
{
	struct json json;

	json_start(&json);
	json_add_text(&json, "text", "a/\"b\"\xff\x1b");
	json_add_text(&json, "no_text", NULL);
	json_open_object(&json, "object");
	json_add_bool(&json, "yes", true);
	json_open_object(&json, "empty");
	json_close(&json);
	json_add_i64(&json, "least", INT64_MIN);
	json_close(&json);
	json_open_array(&json, "array");
	json_add_u64(&json, NULL, UINT64_MAX);
	json_add_null(&json, NULL);
	json_open_array(&json, NULL);
	json_close(&json);
	json_close(&json);
	json_add_decimal(&json, "decimal", 97.1499, 1);
	return json_finish(&json, style);
}

static void test_one_line(void **state)
{
	char *text;

	(void)state;
	fails_at = 0;
	text = one_of_each(JSON_LINE);
	assert_string_equal(text, "{\"text\":\"a/\\\"b\\\"??\",\"no_text\":null,"
				  "\"object\":{\"yes\":true,\"empty\":{},\"least\":-9223372036854775808},"
				  "\"array\":[18446744073709551615,null,[]],\"decimal\":97.1}");
	free(text);
}

static void test_many_lines(void **state)
{
	struct json json;
	char *text;

	(void)state;
	fails_at = 0;
	json_start(&json);
	json_add_u64(&json, "n", 1);
	text = json_finish(&json, JSON_PRETTY);
	assert_string_equal(text, "{\n  \"n\": 1\n}\n");
	free(text);
}

/* Whatever fails is seen at the end, and frees all that was made (the sanitizer looks). */
static void test_any_failure_is_seen(void **state)
{
	unsigned int n;

	(void)state;
	calls = fails_at = 0;
	free(one_of_each(JSON_LINE));
	n = calls;
	assert_true(n > 20);
	for (unsigned int i = 1; i <= n; i++) {
		calls = 0;
		fails_at = i;
		assert_null(one_of_each(JSON_LINE));
	}
}

/* Longer than the first room for it, by much. */
static void test_long_text_is_whole(void **state)
{
	const size_t n = 20000;
	struct json json;
	struct json_object *read;
	char *text;

	(void)state;
	fails_at = 0;
	json_start(&json);
	json_open_array(&json, "all");
	for (size_t i = 0; i < n; i++)
		json_add_u64(&json, NULL, i);
	json_close(&json);
	text = json_finish(&json, JSON_LINE);
	read = json_tokener_parse(text);
	assert_int_equal(json_object_array_length(json_object_object_get(read, "all")), n);
	json_object_put(read);
	free(text);
}

/* JSON has no words for these; and the longest number there is. */
static void test_decimals(void **state)
{
	struct json json;
	char *text;

	(void)state;
	fails_at = 0;
	json_start(&json);
	json_add_decimal(&json, "nan", NAN, 1);
	json_add_decimal(&json, "infinite", -INFINITY, 1);
	json_add_decimal(&json, "small", 0.00049, 3);
	json_add_decimal(&json, "long", -DBL_MAX, 3);
	text = json_finish(&json, JSON_LINE);
	assert_contains(text,
			"{\"nan\":null,\"infinite\":null,\"small\":0.000,\"long\":-1797693134862315708");
	assert_contains(text, "58368.000}");
	free(text);
}

static void test_too_deep(void **state)
{
	struct json json;

	(void)state;
	fails_at = 0;
	json_start(&json);
	for (unsigned int i = 1; i < JSON_MAX_DEPTH; i++)
		json_open_object(&json, "down");
	assert_false(json.failed);
	json_open_object(&json, "down");
	assert_null(json_finish(&json, JSON_LINE));
}

static void test_parse(void **state)
{
	struct json_object *root = (void *)&root;

	(void)state;
	fails_at = 0;
	assert_int_equal(json_parse("{\"a\": 1", &root), -EINVAL);
	assert_null(root);
	assert_int_equal(json_parse("", &root), -EINVAL);
	assert_int_equal(json_parse("{\"a\": 1}", &root), 0);
	assert_non_null(root);
	json_object_put(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_any_failure_is_seen),
		cmocka_unit_test(test_long_text_is_whole),
		cmocka_unit_test(test_decimals),
		cmocka_unit_test(test_too_deep),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
