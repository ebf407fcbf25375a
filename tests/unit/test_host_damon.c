// SPDX-License-Identifier: GPL-2.0
/* What is known of DAMON, and whose kdamonds there are. */
#include "host_world.h"

static void vaddr_is_known_by_two_ways(void **state)
{
	struct world *world = *state;

	look(world);
	assert_int_equal(answer(world, "damon_vaddr"), HOST_YES);
	assert_non_null(strstr(requirement(world, "damon_vaddr")->found, "kallsyms"));
	put(world, "proc/kallsyms", "0000000000000000 T _stext\n");
	look(world);
	assert_int_equal(answer(world, "damon_vaddr"), HOST_NO);
	assert_false(host_abilities(&world->facts).watch);
	put(world, KDAMONDS "/nr_kdamonds", "1\n");
	put_kdamond(world, 0, "off\n", "-1\n", "1\n");
	put_context(world, 0, "vaddr\n", "0\n");
	look(world);
	assert_int_equal(answer(world, "damon_vaddr"), HOST_YES);
	assert_non_null(strstr(requirement(world, "damon_vaddr")->found, "avail_operations"));
	put(world, KDAMONDS "/nr_kdamonds", "0\n");
	drop(world, "proc/kallsyms");
	look(world);
	assert_int_equal(answer(world, "damon_vaddr"), HOST_UNKNOWN);
}

/* By the kernel's BTF where DAMON looks at processes at all; a kdamond that is there knows better. */
static void fvaddr_is_known_by_two_ways(void **state)
{
	struct world *world = *state;

	look(world);
	assert_int_equal(answer(world, "damon_fvaddr"), HOST_YES);
	put(world, "proc/kallsyms", "0000000000000000 T _stext\n");
	look(world);
	assert_int_equal(answer(world, "damon_fvaddr"), HOST_NO); /* not built in */
	drop(world, "proc/kallsyms");
	look(world);
	assert_int_equal(answer(world, "damon_fvaddr"), HOST_UNKNOWN);
	put(world, KDAMONDS "/nr_kdamonds", "1\n");
	put_kdamond(world, 0, "off\n", "-1\n", "1\n");
	put_context(world, 0, "vaddr\n", "0\n");
	look(world);
	assert_int_equal(answer(world, "damon_fvaddr"), HOST_YES);
	put(world, KDAMONDS "/0/contexts/0/avail_operations", "vaddr\npaddr\n");
	look(world);
	assert_int_equal(answer(world, "damon_fvaddr"), HOST_NO);
	assert_int_equal(answer(world, "damon_vaddr"), HOST_YES);
	assert_true(host_abilities(&world->facts).watch); /* it looks at all, then */
}

static void foreign_kdamond_is_described(void **state)
{
	struct world *world = *state;
	const struct host_kdamond *kdamond = &world->facts.kdamonds[0];

	put(world, KDAMONDS "/nr_kdamonds", "2\n");
	put_kdamond(world, 0, "on\n", "78\n", "1\n");
	put_context(world, 0, "vaddr\n", "4711\n");
	put_kdamond(world, 1, "off\n", "-1\n", "1\n");
	put_context(world, 1, "paddr\n", "0\n");
	look(world);
	assert_int_equal(world->facts.nr_kdamonds, 2);
	assert_string_equal(kdamond->state, "on");
	assert_string_equal(kdamond->operations, "vaddr");
	assert_int_equal(kdamond->pid, 78);
	assert_int_equal(kdamond->nr_targets, 1);
	assert_int_equal(kdamond->targets[0], 4711);
	assert_int_equal(kdamond[0].owner, HOST_OWNER_FOREIGN);
	assert_int_equal(kdamond[1].owner, HOST_OWNER_FOREIGN);
	assert_int_equal(kdamond[1].nr_targets, 0);
	assert_int_equal(answer(world, "kdamonds_free"), HOST_NO);
	assert_string_equal(requirement(world, "kdamonds_free")->found,
			    "someone else's kdamond 0: on, pid 78, vaddr on pid 4711; and 1 more");
}

static void configured_but_off_is_someone_elses(void **state)
{
	struct world *world = *state;

	put(world, KDAMONDS "/nr_kdamonds", "1\n");
	put_kdamond(world, 0, "off\n", "-1\n", "1\n");
	put_context(world, 0, "paddr\n", "0\n");
	look(world);
	assert_int_equal(answer(world, "kdamonds_free"), HOST_NO);
	assert_non_null(strstr(requirement(world, "kdamonds_free")->remedy, "echo 0 > "));
	put_kdamond(world, 0, "off\n", "-1\n", "0\n");
	look(world);
	assert_int_equal(world->facts.kdamonds[0].owner, HOST_OWNER_NOBODY);
	assert_int_equal(answer(world, "kdamonds_free"), HOST_YES);
}

static void own_kdamonds_are_known(void **state)
{
	struct world *world = *state;
	const struct host_kdamond *kdamonds = world->facts.kdamonds;

	put(world, KDAMONDS "/nr_kdamonds", "2\n");
	put_kdamond(world, 0, "on\n", "112\n", "1\n");
	put_context(world, 0, "vaddr\n", "107\n");
	put_kdamond(world, 1, "off\n", "-1\n", "1\n");
	put_context(world, 1, "vaddr\n", "0\n");
	put(world, "run/status.json", "{\"pid\":55,\"targets\":[{\"pid\":107,\"kdamond_pid\":112}]}\n");
	put(world, "proc/55/comm", "hotdamon\n");
	look(world);
	assert_true(world->facts.own.alive);
	assert_int_equal(kdamonds[0].owner, HOST_OWNER_OURS);
	assert_int_equal(kdamonds[1].owner, HOST_OWNER_OURS);
	assert_int_equal(answer(world, "kdamonds_free"), HOST_YES);
	/* Its pid went to another: what ran is still known as ours, what is off is not. */
	put(world, "proc/55/comm", "bash\n");
	look(world);
	assert_false(world->facts.own.alive);
	assert_int_equal(kdamonds[0].owner, HOST_OWNER_OURS);
	assert_int_equal(kdamonds[1].owner, HOST_OWNER_FOREIGN);
	assert_non_null(strstr(requirement(world, "kdamonds_free")->remedy, "hotdamon cleanup"));
	/* A kdamond that hotdamon does not name is foreign beside it, too. */
	put(world, "proc/55/comm", "hotdamon\n");
	put_kdamond(world, 0, "on\n", "113\n", "1\n");
	look(world);
	assert_int_equal(kdamonds[0].owner, HOST_OWNER_FOREIGN);
}

static void unreadable_is_never_missing(void **state)
{
	struct world *world = *state;

	drop(world, KDAMONDS "/nr_kdamonds");
	put_unreadable(world, KDAMONDS "/nr_kdamonds");
	put_unreadable(world, KDAMONDS "/0/state");
	look(world);
	assert_int_equal(world->facts.nr_kdamonds, 1);
	assert_int_equal(world->facts.kdamonds[0].owner, HOST_OWNER_UNKNOWN);
	assert_int_equal(answer(world, "kdamonds_free"), HOST_UNKNOWN);
	assert_non_null(strstr(requirement(world, "kdamonds_free")->found, "without root"));
	assert_int_equal(missing(world, HOST_FOR_ALL), 0);
}

static void more_kdamonds_than_room(void **state)
{
	struct world *world = *state;

	put(world, KDAMONDS "/nr_kdamonds", "100\n");
	look(world);
	assert_int_equal(world->facts.nr_kdamonds, 100);
	assert_int_equal(answer(world, "kdamonds_free"), HOST_UNKNOWN); /* the directories are not there */
}

static void no_huge_pages(void **state)
{
	struct world *world = *state;

	drop(world, "sys/kernel/mm/transparent_hugepage/enabled");
	look(world);
	assert_int_equal(answer(world, "transparent_hugepage"), HOST_NO);
	assert_false(host_abilities(&world->facts).damos);
	put(world, "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
	put(world, "sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "536870912\n");
	look(world);
	assert_int_equal(answer(world, "thp_mode"), HOST_YES);
	assert_int_equal(answer(world, "huge_page_size"), HOST_NO);
	assert_int_equal(missing(world, HOST_FOR_ALL), 1);
}

static void outputs_only_on_success(void **state)
{
	struct world *world = *state;
	struct host_facts before;

	look(world);
	before = world->facts;
	put(world, "proc/self/status", "nonsense\n");
	assert_int_equal(host_facts_read(&world->roots, &world->facts), -EINVAL);
	drop(world, "proc/self/status");
	assert_int_equal(host_facts_read(&world->roots, &world->facts), -ENOENT);
	assert_memory_equal(&before, &world->facts, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vaddr_is_known_by_two_ways),   TEST(fvaddr_is_known_by_two_ways),
		TEST(foreign_kdamond_is_described), TEST(configured_but_off_is_someone_elses),
		TEST(own_kdamonds_are_known),	    TEST(unreadable_is_never_missing),
		TEST(more_kdamonds_than_room),	    TEST(no_huge_pages),
		TEST(outputs_only_on_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
