// SPDX-License-Identifier: GPL-2.0
#include "sim/load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/units.h"
#include "cm.h"
#include "sim/random.h"

static struct load *make(const char *name, struct load_spec spec)
{
	struct load *load;

	if (!spec.accesses_per_s)
		spec.accesses_per_s = 1e6;
	if (!spec.flushes_per_s)
		spec.flushes_per_s = 10;
	load = load_new(name, &spec);
	assert_non_null(load);
	return load;
}

static void assert_close(double have, double want, double share)
{
	if (!(fabs(have - want) <= share * fabs(want)))
		fail_msg("%.9g is not %.9g", have, want);
}

/* Whatever the load, by slot and by page all of its accesses are somewhere. */
static void test_rates_add_up(void **state)
{
	static const char *const names[] = {"uniform", "zipf",	       "range",	   "upper",   "islands",
					    "moving",  "many_islands", "hammered", "resident"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct load *load = make(names[i], (struct load_spec){.seed = 3});
		double pages = 0, slots = 0;

		assert_contains(load_names(), names[i]);
		for (size_t slot = 0; slot < load_slots(load); slot++) {
			slots += load_slot_rate(load, slot);
			for (uint64_t k = 0; k < LOAD_PAGES_PER_SLOT; k++)
				pages += load_page_rate(load, slot * LOAD_PAGES_PER_SLOT + k);
		}
		assert_close(pages, 1e6, 1e-4);
		assert_close(slots, 1e6, 1e-4);
		load_free(load);
	}
}

static int hotter_first(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a > b ? -1 : a < b;
}

/* The k-th hottest page has 1/k^0.99 of the hottest one's accesses, and no two of them are the same. */
static void test_zipf_is_zipf(void **state)
{
	struct load *load = make("zipf", (struct load_spec){.mem_bytes = 22 * MIB_BYTES, .seed = 9});
	size_t n = load_slots(load) * LOAD_PAGES_PER_SLOT;
	double *rates = calloc(n, sizeof(*rates));

	(void)state;
	assert_non_null(rates);
	for (size_t page = 0; page < n; page++)
		rates[page] = load_page_rate(load, page);
	qsort(rates, n, sizeof(*rates), hotter_first);
	for (size_t k = 1; k <= n; k++)
		assert_close(rates[k - 1] / rates[0], pow((double)k, -LOAD_ZIPF), 1e-9);
	free(rates);
	load_free(load);
}

/* The hottest pages lie all over the heap: no half of it has most of them. */
static void test_zipf_is_scattered(void **state)
{
	struct load *load = make("zipf", (struct load_spec){.mem_bytes = 512 * MIB_BYTES, .seed = 5});
	size_t n = load_slots(load) * LOAD_PAGES_PER_SLOT, low = 0, all = 0;
	double mean = 1e6 / (double)n;

	(void)state;
	for (size_t page = 0; page < n; page++) {
		bool is_hot = load_page_rate(load, page) > 2 * mean;

		all += is_hot;
		low += is_hot && page < n / 2;
	}
	assert_true(all > 1000);
	assert_in_range(low * 100 / all, 45, 55);
	load_free(load);
}

/* How often a page is hit in samples, when accesses come by chance: waits between them are exponential. */
static double simulated_share(struct sim_random *random, double per_s, double sample_s, unsigned int samples)
{
	double next_s = -log1p(-random_share(random)) / per_s;
	unsigned int hit = 0;

	for (unsigned int i = 0; i < samples; i++) {
		double end_s = (i + 1) * sample_s;

		hit += next_s < end_s;
		while (next_s < end_s)
			next_s += -log1p(-random_share(random)) / per_s;
	}
	return (double)hit / samples;
}

static void test_chance_is_that_of_theory(void **state)
{
	static const double samples_s[] = {0.0005, 0.005, 0.1, 0.4};
	struct load *load = make("uniform", (struct load_spec){.mem_bytes = 512 * MIB_BYTES});
	struct sim_random random = {12};
	double per_s = load_page_rate(load, 7);

	(void)state;
	assert_close(per_s, 1e6 / (512 * 256), 1e-9);
	for (size_t i = 0; i < ARRAY_SIZE(samples_s); i++) {
		double chance = load_page_chance(load, 7, samples_s[i]);
		double share = simulated_share(&random, per_s, samples_s[i], 100000);

		assert_close(chance, 1 - exp(-per_s * samples_s[i]), 1e-9);
		assert_true(fabs(share - chance) < 4 * sqrt(chance * (1 - chance) / 100000));
	}
	load_free(load);
}

/* A huge page is hit when one of its pages would have been. */
static void test_chance_of_a_slot_is_that_of_its_pages(void **state)
{
	struct load *load = make("zipf", (struct load_spec){.mem_bytes = 64 * MIB_BYTES, .seed = 2});
	double none = 1;

	(void)state;
	for (uint64_t k = 0; k < LOAD_PAGES_PER_SLOT; k++)
		none *= 1 - load_page_chance(load, 5 * LOAD_PAGES_PER_SLOT + k, 0.0001);
	assert_close(load_slot_chance(load, 5, 0.0001, false), 1 - none, 1e-5);
	load_free(load);
}

/* In turns each page is hit once in a round, and surely in a sample that is longer. */
static void test_sweeps(void **state)
{
	struct load *load = make("range", (struct load_spec){.sweeps = true});
	uint64_t page = 170 * 256;
	double round_s = 64 * 256 / 1e6;

	(void)state;
	assert_close(load_page_chance(load, page, round_s / 4), 0.25, 1e-9);
	assert_true(load_page_chance(load, page, 2 * round_s) >= 1);
	assert_true(load_page_chance(load, 0, 1) <= 0);
	load_free(load);
}

/* However often it is accessed: what the TLB holds shows once a flush. */
static void test_resident(void **state)
{
	struct load *load = make("resident", (struct load_spec){.accesses_per_s = 1e9, .flushes_per_s = 20});

	(void)state;
	assert_true(load_page_rate(load, 3) > 1e5);
	assert_close(load_page_chance(load, 3, 0.005), 1 - exp(-20 * 0.005), 1e-3);
	assert_true(load_slot_chance(load, 0, 0.005, false) > 0.999);
	assert_close(load_slot_chance(load, 0, 0.005, true), 1 - exp(-20 * 0.005), 1e-3);
	load_free(load);

	/* Once a second, and flushed once a second: half of the accesses find it there. */
	load = make("resident", (struct load_spec){.accesses_per_s = 2048, .flushes_per_s = 1});
	assert_close(load_page_rate(load, 3), 1, 1e-6);
	assert_close(load_page_chance(load, 3, 1), 1 - exp(-0.5), 1e-6);
	load_free(load);
}

/* 8 MiB, a hundred times as hot by the page, and the 2040 MiB beside them: 28 % and 72 % of the accesses. */
static void test_hammered(void **state)
{
	struct load *load = make("hammered", (struct load_spec){0});
	double hammered = 0;

	(void)state;
	for (size_t slot = 0; slot < 4; slot++)
		hammered += load_slot_rate(load, slot);
	assert_close(hammered, 0.2817e6, 1e-3);
	assert_close(load_page_rate(load, 0), 100 * load_page_rate(load, 8 * 256), 1e-9);
	load_free(load);
}

static void test_moves(void **state)
{
	struct load *load = make("moving", (struct load_spec){0});

	(void)state;
	assert_false(load_set_time(load, 21 * NS_PER_S));
	assert_true(load_slot_rate(load, 48) > 0 && load_slot_rate(load, 71) > 0);
	assert_false(load_slot_rate(load, 47) > 0 || load_slot_rate(load, 72) > 0);
	assert_true(load_set_time(load, 22 * NS_PER_S));
	assert_false(load_set_time(load, 23 * NS_PER_S));
	assert_int_equal(load_moves(load), 1);
	assert_false(load_slot_rate(load, 71) > 0);
	assert_true(load_slot_rate(load, 72) > 0 && load_slot_rate(load, 95) > 0);
	assert_true(load_slot_was_hot(load, 48) && load_slot_was_hot(load, 95));
	assert_false(load_slot_was_hot(load, 47) || load_slot_was_hot(load, 96));
	load_set_time(load, 6 * 22 * NS_PER_S); /* round the end of the heap, to its beginning */
	assert_true(load_slot_rate(load, 0) > 0 && load_slot_was_hot(load, 191));
	load_free(load);
}

static void test_what_cannot_be(void **state)
{
	struct load_spec small = {.mem_bytes = 64 * MIB_BYTES, .accesses_per_s = 1},
			 any = {.accesses_per_s = 1};

	(void)state;
	assert_null(load_new("range", &small));
	assert_int_equal(errno, EINVAL);
	assert_null(load_new("many_islands", &small));
	assert_int_equal(errno, EINVAL);
	assert_null(load_new("frosty", &any));
	assert_int_equal(errno, ENOENT);
	load_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates_add_up),
		cmocka_unit_test(test_zipf_is_zipf),
		cmocka_unit_test(test_zipf_is_scattered),
		cmocka_unit_test(test_chance_is_that_of_theory),
		cmocka_unit_test(test_chance_of_a_slot_is_that_of_its_pages),
		cmocka_unit_test(test_sweeps),
		cmocka_unit_test(test_resident),
		cmocka_unit_test(test_hammered),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
