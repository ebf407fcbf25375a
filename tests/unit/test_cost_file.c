// SPDX-License-Identifier: GPL-2.0
#include "tree.h"

#include "act/cost_file.h"

#define BOOT "0b5d5c8e-3c61-4b0e-9a51-9ad0d3d3e0aa"

static char root[] = "/tmp/hotdamon-cost.XXXXXX", boot_id[64];
static struct claim_paths paths;
static const struct cost_measure measure = {{-5.25, 32.125, 37.5}, 412345};

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/hotdamon-cost.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	tree_put(root, "boot_id", BOOT "\n");
	snprintf(boot_id, sizeof(boot_id), "%s/boot_id", root);
	paths = claim_default_paths;
	paths.state_dir = root;
	paths.boot_id = boot_id;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tree_remove(root);
	return 0;
}

static int read_into(struct cost_measure *have)
{
	struct act_error error;

	return cost_file_read(&paths, have, &error);
}

static void test_comes_back_as_it_was(void **state)
{
	struct cost_measure have = {{0}, 0};
	struct act_error error;

	(void)state;
	assert_int_equal(read_into(&have), -ENOENT);
	assert_int_equal(cost_file_write(&paths, &measure, &error), 0);
	assert_int_equal(read_into(&have), 0);
	assert_near(have.miss.low_ns, -5.25);
	assert_near(have.miss.median_ns, 32.125);
	assert_near(have.miss.high_ns, 37.5);
	assert_near(have.collapse_ns, 412345);
}

static void test_another_boot(void **state)
{
	struct cost_measure have;
	struct act_error error;

	(void)state;
	assert_int_equal(cost_file_write(&paths, &measure, &error), 0);
	tree_put(root, "boot_id", "1b5d5c8e-3c61-4b0e-9a51-9ad0d3d3e0aa\n");
	assert_int_equal(read_into(&have), -ESTALE);
}

/* Whatever is in it, nothing of it is believed but a whole measure. */
static void test_damaged(void **state)
{
#define OF(rest) "{\"boot_id\":\"" BOOT "\"" rest "}"
	static const char *const texts[] = {
		"",
		"x",
		"[]",
		"{}",
		"null",
		"{\"boot_id\":7}",
		OF(""),
		OF(",\"miss_low_ns\":1,\"miss_median_ns\":2,\"miss_high_ns\":3"),
		OF(",\"miss_low_ns\":1,\"miss_median_ns\":\"2\",\"miss_high_ns\":3,\"collapse_ns\":400000"),
		OF(",\"miss_low_ns\":3,\"miss_median_ns\":2,\"miss_high_ns\":1,\"collapse_ns\":400000"),
		OF(",\"miss_low_ns\":1,\"miss_median_ns\":2,\"miss_high_ns\":3,\"collapse_ns\":-1"),
		OF(",\"miss_low_ns\":1,\"miss_median_ns\":2,\"miss_high_ns\":1e300,\"collapse_ns\":400000"),
		OF(",\"miss_low_ns\":NaN,\"miss_median_ns\":NaN,\"miss_high_ns\":NaN,\"collapse_ns\":400000"),
	};
	struct cost_measure have = measure;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		tree_put(root, COST_FILE, texts[i]);
		if (read_into(&have) != -EINVAL)
			fail_msg("'%s' was taken for a measure", texts[i]);
	}
	assert_near(have.collapse_ns, measure.collapse_ns);
}

/* A link that somebody else could have made leads nowhere. */
static void test_link(void **state)
{
	struct cost_measure have;
	struct act_error error;

	(void)state;
	assert_int_equal(cost_file_write(&paths, &measure, &error), 0);
	assert_int_equal(rename(tree_at(root, COST_FILE), "/tmp/hotdamon-cost-elsewhere"), 0);
	tree_link(root, COST_FILE, "/tmp/hotdamon-cost-elsewhere");
	assert_int_equal(read_into(&have), -EINVAL);
	assert_int_equal(unlink("/tmp/hotdamon-cost-elsewhere"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_comes_back_as_it_was),
		TEST(test_another_boot),
		TEST(test_damaged),
		TEST(test_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
