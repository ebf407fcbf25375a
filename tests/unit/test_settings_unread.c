// SPDX-License-Identifier: GPL-2.0
/* No descriptor is to be had just now: the files cannot be read, and that is no mistake of theirs. */
#include "settings_world.h"

#include <sys/resource.h>

/* With so many descriptors from @first on. */
static int load_with(const struct settings *settings, int first, unsigned int most, struct settings **anew)
{
	struct rlimit before, few;
	int err;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){(rlim_t)first + most, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	err = settings_load_anew(settings, anew);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	return err;
}

static void test_no_descriptors(void **state)
{
	struct settings *settings = settings_new(), *anew;
	int first = dup(STDIN_FILENO), err = -EMFILE;
	unsigned int most = 0;

	(void)state;
	assert_non_null(settings);
	assert_true(first >= 0);
	close(first);
	tree_put(root, "h.conf", "[run]\ntop = 4\n");
	tree_put(root, "h.conf.d/10.conf", "[run]\ntop = 5\n");
	settings->file = tree_at(root, "h.conf");
	for (; err; most++) {
		err = load_with(settings, first, most, &anew);
		if (err) {
			assert_int_equal(err, -EMFILE);
			assert_contains(anew->notes[0].text, "Too many open files: it is not read");
		} else {
			assert_int_equal(anew->values.top, 5);
		}
		settings_free(anew);
		assert_true(most < 8);
	}
	assert_true(most > 2);
	settings_free(settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_descriptors),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
