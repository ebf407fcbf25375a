// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/map_file.h"

#define TICK_NS 10000000 /* /proc's start times */
#define AT	0x7f0000000000ULL

static const struct process_id redis = {135, 70000001};

static uint64_t slot(unsigned int n)
{
	return AT + n * PMD_SIZE_BYTES;
}

static void read_back(const char *text, struct process_id id, struct map_file_target *target)
{
	uint64_t at_ns;

	assert_int_equal(map_file_read(text, id, TICK_NS, target, &at_ns), 0);
	assert_int_equal(at_ns, 5000);
}

/* Two runs, and all marks; a rate comes back as the middle of its step, at most a third off. */
static void test_round_trip(void **state)
{
	struct map_file_slot slots[] = {
		{slot(0), 0, MAP_PLAIN},	{slot(1), 0.5F, MAP_HUGE},     {slot(2), 67, MAP_NEXT},
		{slot(3), 1000, MAP_WAITS},	{slot(4), 123456, MAP_SPARSE}, {slot(9), 5e7F, MAP_SHARED},
		{slot(10), 1e30F, MAP_NO_ROOM},
	};
	struct map_file_target target = {
		.id = redis, .least_per_s = 66.7, .left_out = 3, .slots = slots, .n = ARRAY_SIZE(slots)};
	char *text = map_file_write(99, 5000, &target, 1);
	struct map_file_target back;

	(void)state;
	assert_non_null(text);
	assert_contains(text, "\"start\":139637976727552,\"rate\":\".07ck\",\"mark\":\".h>x-\"");
	assert_contains(text, "\"rate\":\"uz\",\"mark\":\"sg\"");
	read_back(text, (struct process_id){135, 70000000}, &back); /* as /proc has it */
	assert_int_equal(back.n, ARRAY_SIZE(slots));
	assert_int_equal(back.left_out, 3);
	assert_near(back.least_per_s, 66.7);
	for (size_t i = 0; i < back.n; i++) {
		assert_int_equal(back.slots[i].start, slots[i].start);
		assert_int_equal(back.slots[i].mark, slots[i].mark);
	}
	assert_true(back.slots[0].rate_per_s == 0);
	assert_true(back.slots[1].rate_per_s > 0 && back.slots[1].rate_per_s < 1.8F);
	for (size_t i = 2; i < 6; i++)
		assert_true(back.slots[i].rate_per_s > slots[i].rate_per_s / 1.34F &&
			    back.slots[i].rate_per_s < slots[i].rate_per_s * 1.34F);
	map_file_free(&back);
	free(text);
}

static void test_of_several(void **state)
{
	struct map_file_slot slots[] = {{slot(0), 5, MAP_PLAIN}};
	struct map_file_target targets[] = {
		{.id = {7, 0}, .n = 0},
		{.id = redis, .slots = slots, .n = 1},
	};
	char *text = map_file_write(99, 5000, targets, 2);
	struct map_file_target back;
	uint64_t at_ns;

	(void)state;
	read_back(text, redis, &back);
	assert_int_equal(back.n, 1);
	map_file_free(&back);
	read_back(text, (struct process_id){7, 0}, &back);
	assert_int_equal(back.n, 0);
	map_file_free(&back);
	assert_int_equal(map_file_read(text, (struct process_id){135, 0}, TICK_NS, &back, &at_ns), -ENOENT);
	free(text);
	text = map_file_write(99, 5000, NULL, 0);
	assert_int_equal(map_file_read(text, redis, TICK_NS, &back, &at_ns), -ENOENT);
	free(text);
}

/* More neighbours than a text takes are two runs, and come back as they were. */
static void test_long_runs(void **state)
{
	struct map_file_slot *slots = calloc(10000, sizeof(*slots));
	struct map_file_target target = {.id = redis, .slots = slots, .n = 10000}, back;
	char *text;

	(void)state;
	for (unsigned int i = 0; i < 10000; i++)
		slots[i] = (struct map_file_slot){slot(i), (float)i, MAP_HUGE};
	text = map_file_write(99, 5000, &target, 1);
	assert_true(strlen(text) < 25000);
	read_back(text, redis, &back);
	assert_int_equal(back.n, 10000);
	for (unsigned int i = 0; i < 10000; i++)
		assert_int_equal(back.slots[i].start, slot(i));
	map_file_free(&back);
	free(text);
	free(slots);
}

#define TEXT(runs)                                                                                           \
	"{\"version\":1,\"pid\":9,\"at_ns\":5000,\"targets\":[{\"pid\":135,\"start_time_ns\":70000001,"      \
	"\"runs\":" runs "}]}"

/* What somebody wrote: nothing of it is believed beyond what it is. */
static void test_others(void **state)
{
	static const char *const none[] = {"",
					   "{",
					   "[]",
					   "{\"targets\":[]}",
					   "{\"version\":2,\"targets\":[]}",
					   "{\"version\":1,\"targets\":{}}"};
	static const char *const empty[] = {
		TEXT("7"),
		TEXT("[]"),
		TEXT("[1,null,\"x\",{}]"),
		TEXT("[{\"start\":1,\"rate\":\"0\",\"mark\":\".\"}]"), /* no slot begins there */
		TEXT("[{\"start\":-2097152,\"rate\":\"0\",\"mark\":\".\"}]"),
		TEXT("[{\"start\":2097152,\"rate\":\"00\",\"mark\":\".\"}]"),
		TEXT("[{\"start\":\"2097152\",\"rate\":\"0\",\"mark\":\".\"}]"),
	};
	struct map_file_target back;
	uint64_t at_ns;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(map_file_read(none[i], redis, TICK_NS, &back, &at_ns), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
		read_back(empty[i], redis, &back);
		if (back.n)
			fail_msg("%s: %zu slots", empty[i], back.n);
		map_file_free(&back);
	}
	/* A run that does not ascend is left out; characters that are none tell nothing. */
	read_back(TEXT("[{\"start\":4194304,\"rate\":\"~\",\"mark\":\"~\"},{\"start\":2097152,\"rate\":\"0\","
		       "\"mark\":"
		       "\".\"}]"),
		  redis, &back);
	assert_int_equal(back.n, 1);
	assert_true(back.slots[0].rate_per_s == 0);
	assert_int_equal(back.slots[0].mark, MAP_PLAIN);
	map_file_free(&back);
}

static void test_mark_of_judged(void **state)
{
	static const struct {
		struct work_judged judged;
		enum map_mark mark;
	} cases[] = {
		{{WORK_UNKNOWN, ROOM_FITS}, MAP_PLAIN},	   {{WORK_HUGE, ROOM_FITS}, MAP_HUGE},
		{{WORK_NEXT, ROOM_FITS}, MAP_NEXT},	   {{WORK_WAITS, ROOM_FITS}, MAP_WAITS},
		{{WORK_LEFT, ROOM_MISSING}, MAP_SPARSE},   {{WORK_LEFT, ROOM_SHARED}, MAP_SHARED},
		{{WORK_LEFT, ROOM_AT_LIMIT}, MAP_NO_ROOM}, {{WORK_LEFT, ROOM_AT_GROWTH}, MAP_NO_ROOM},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(map_mark_of(&cases[i].judged), cases[i].mark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_of_several),
		cmocka_unit_test(test_long_runs),      cmocka_unit_test(test_others),
		cmocka_unit_test(test_mark_of_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
