// SPDX-License-Identifier: GPL-2.0
#include "host_world.h"

static void parses_status(void **state)
{
	struct host_self self = {.uid0 = true, .cap_eff = 7};

	(void)state;
	assert_false(host_parse_status("", &self));
	assert_false(host_parse_status("Name:\tx\nCapEff:\t1\n", &self));
	assert_false(host_parse_status("Uid:\t1\nCapEff:\t1\n", &self));
	assert_true(self.uid0);
	assert_int_equal(self.cap_eff, 7);
	/* A name cannot start a line of its own: the kernel escapes its newline. */
	assert_true(
		host_parse_status("Name:\tUid: 0\nUid:\t0\t1000\t0\t0\nCapEff:\t000001fffeffffff\n", &self));
	assert_false(self.uid0);
	assert_int_equal(self.cap_eff, 0x1fffeffffffULL);
}

static void parses_release(void **state)
{
	unsigned int major = 9, minor = 9;

	(void)state;
	assert_false(host_parse_release("", &major, &minor));
	assert_false(host_parse_release("linux", &major, &minor));
	assert_int_equal(major, 9);
	assert_true(host_parse_release("6.18.44-fc-v595", &major, &minor));
	assert_int_equal(major, 6);
	assert_int_equal(minor, 18);
	assert_true(host_parse_release("7.3-rc1", &major, &minor));
	assert_int_equal(major, 7);
	assert_int_equal(minor, 3);
}

static void parses_words(void **state)
{
	uint64_t inode = 5;
	char word[8] = "kept";

	(void)state;
	assert_true(host_parse_bracketed("always [madvise] never", word, sizeof(word)));
	assert_string_equal(word, "madvise");
	assert_false(host_parse_bracketed("always madvise never", word, sizeof(word)));
	assert_false(host_parse_bracketed("[", word, sizeof(word)));
	assert_false(host_parse_bracketed("[]", word, sizeof(word)));
	assert_false(host_parse_bracketed("[madvise8]", word, sizeof(word)));
	assert_string_equal(word, "madvise");
	assert_false(host_parse_namespace("pid", &inode));
	assert_false(host_parse_namespace("pid:[x]", &inode));
	assert_int_equal(inode, 5);
	assert_true(host_parse_namespace("pid:[4026531836]", &inode));
	assert_int_equal(inode, 4026531836U);
	assert_true(host_has_word("fvaddr\nvaddr\n", "vaddr"));
	assert_false(host_has_word("fvaddr\npaddr", "vaddr"));
	assert_false(host_has_word("", "vaddr"));
	assert_true(host_is_symbol_of("ffffffff81234560 t damon_va_init\n", "damon_va_"));
	assert_true(host_is_symbol_of("0000000000000000 T damon_va_init\t[damon]\n", "damon_va_"));
	assert_false(host_is_symbol_of("0000000000000000 t not_damon_va_\n", "damon_va_"));
	assert_false(host_is_symbol_of("damon_va_init", "damon_va_"));
	assert_false(host_is_symbol_of("1 ", "damon_va_"));
}

static void parses_own(void **state)
{
	struct host_own own = {.daemon_pid = 3};

	(void)state;
	assert_int_equal(host_parse_own("", &own), -EINVAL);
	assert_int_equal(host_parse_own("[1]", &own), -EINVAL);
	assert_int_equal(host_parse_own("{\"pid\":12,", &own), -EINVAL); /* torn */
	assert_int_equal(own.daemon_pid, 3);
	assert_int_equal(host_parse_own("{}", &own), 0);
	assert_int_equal(own.daemon_pid, 0);
	assert_int_equal(host_parse_own("{\"pid\":99999999999,\"targets\":7}", &own), 0);
	assert_int_equal(own.daemon_pid, 0);
	assert_int_equal(
		host_parse_own("{\"pid\":12,\"targets\":[{\"kdamond_pid\":112},{},{\"kdamond_pid\":null},"
			       "{\"kdamond_pid\":-1},4,{\"kdamond_pid\":113}]}",
			       &own),
		0);
	assert_int_equal(own.daemon_pid, 12);
	assert_int_equal(own.nr_kdamonds, 2);
	assert_int_equal(own.kdamonds[0], 112);
	assert_int_equal(own.kdamonds[1], 113);
}

static void good_host_lacks_nothing(void **state)
{
	struct world *world = *state;
	const struct host_facts *facts = &world->facts;

	look(world);
	assert_int_equal(missing(world, HOST_FOR_ALL | HOST_FOR_DAMOS | HOST_FOR_MADVISE), 0);
	assert_int_equal(facts->apply_interval, HOST_YES);
	assert_int_equal(facts->pagemap_scan, HOST_YES);
	assert_int_equal(facts->psi, HOST_YES);
	assert_string_equal(facts->lockdown, "none");
	assert_int_equal(facts->bpf_loads, HOST_UNKNOWN); /* not tried */
	assert_string_equal(facts->release, "7.2.12+deb14-cloud-amd64");
	assert_true(host_kernel_since(facts, 7, 2) && host_kernel_since(facts, 6, 18));
	assert_false(host_kernel_since(facts, 7, 3) || host_kernel_since(facts, 8, 0));
	assert_string_equal(facts->thp_mode, "madvise");
	assert_int_equal(facts->pmd_size_bytes, 2097152);
	assert_int_equal(facts->nr_scan_results, 4);
	assert_string_equal(facts->scan_results[1], "SCAN_SUCCEED");
	assert_string_equal(facts->scan_results[2], "");
	assert_string_equal(facts->scan_results[3], "SCAN_PMD_NONE");
	assert_int_equal(answer(world, "task_storage"), HOST_YES);
	assert_int_equal(answer(world, "bpf_loop"), HOST_YES);
	assert_int_equal(answer(world, "bpffs"), HOST_NO);
	assert_int_equal(requirement(world, "bpffs")->needed_for & host_needs_of(EXECUTOR_DRY_RUN),
			 HOST_FOR_PINNING);
	assert_int_equal(answer(world, "hugepage_filter"), HOST_YES);
}

static void quiet_cpus_are_told(void **state)
{
	struct world *world = *state;

	look(world);
	assert_int_equal(answer(world, "quiet_cpus"), HOST_YES);
	assert_string_equal(requirement(world, "quiet_cpus")->found, "none: no CPU is isolated or nohz_full");
	put(world, "sys/devices/system/cpu/isolated", "\n");
	put(world, "sys/devices/system/cpu/nohz_full", "(null)\n");
	look(world);
	assert_string_equal(requirement(world, "quiet_cpus")->found, "none: no CPU is isolated or nohz_full");
	put(world, "sys/devices/system/cpu/isolated", "1-3,5\n");
	put(world, "sys/devices/system/cpu/nohz_full", "2-3\n");
	put(world, "sys/fs/cgroup/cpuset.cpus.isolated", "7\n");
	look(world);
	assert_int_equal(answer(world, "quiet_cpus"), HOST_YES);
	assert_string_equal(requirement(world, "quiet_cpus")->found,
			    "isolated: 1-3,5; nohz_full: 2-3; isolated by cpusets: 7 (what runs there is "
			    "counted from outside; each collapse interrupts them)");
}

static void every_missing_one_says_what_follows(void **state)
{
	struct world *world = *state;

	put(world, "proc/self/status", "Uid:\t5\t5\t5\t5\nCapEff:\t0\n");
	put_btf(world, "DAMOS_OTHER");
	put_kdamond(world, 0, "on\n", "78\n", "1\n");
	put(world, KDAMONDS "/nr_kdamonds", "1\n");
	put(world, "sys/module/damon_stat/parameters/enabled", "Y\n");
	look(world);
	for (size_t i = 0; i < world->n; i++) {
		const struct host_requirement *r = &world->list[i];

		assert_true(*r->found);
		assert_int_equal(*r->consequence != '\0', r->answer == HOST_NO);
		if (r->answer == HOST_NO)
			assert_true(*r->remedy);
		if (r->answer == HOST_YES)
			assert_false(*r->remedy);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(r->name, world->list[j].name);
	}
}

static void needs_are_told_apart(void **state)
{
	struct world *world = *state;

	put_btf(world, "DAMOS_OTHER");
	put(world, "sys/module/damon_stat/parameters/enabled", "Y\n");
	look(world);
	assert_int_equal(missing(world, HOST_FOR_HOTNESS), 0);
	assert_int_equal(missing(world, HOST_FOR_WATCHING), 1);
	assert_int_equal(missing(world, HOST_FOR_COLLAPSING), 0);
	assert_int_equal(missing(world, HOST_FOR_ALL), 1);
	assert_int_equal(missing(world, HOST_FOR_DAMOS), 1);
	assert_int_equal(missing(world, HOST_FOR_MADVISE), 0);
	assert_int_equal(missing(world, HOST_FOR_INFORMATION), 0);
	assert_int_equal(answer(world, "collapse_action"), HOST_NO);
	assert_non_null(strstr(requirement(world, "collapse_action")->remedy, "madvise does more"));
	assert_false(host_abilities(&world->facts).damos);
	assert_true(host_abilities(&world->facts).madvise);
}

static void damon_stat_stands_in_the_way(void **state)
{
	struct world *world = *state;

	put(world, "sys/module/damon_stat/parameters/enabled", "Y\n");
	look(world);
	assert_int_equal(answer(world, "damon_stat_off"), HOST_NO);
	assert_non_null(strstr(requirement(world, "damon_stat_off")->remedy, "--stop-damon-stat"));
	assert_int_equal(answer(world, "damon_reclaim_off"), HOST_YES);
	world->facts.modules[HOST_DAMON_STAT].off = HOST_YES; /* as run --stop-damon-stat does */
	assert_int_equal(missing(world, HOST_FOR_ALL), 0);
	drop(world, "sys/module/damon_stat/parameters/enabled");
	put_unreadable(world, "sys/module/damon_stat/parameters/enabled");
	look(world);
	assert_int_equal(answer(world, "damon_stat_off"), HOST_UNKNOWN);
	assert_int_equal(missing(world, HOST_FOR_ALL), 0);
}

static void privileges(void **state)
{
	struct world *world = *state;

	/* CAP_BPF and CAP_PERFMON alone. */
	put(world, "proc/self/status", "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t000000c000000000\n");
	look(world);
	assert_int_equal(answer(world, "bpf_privilege"), HOST_YES);
	assert_int_equal(answer(world, "damon_privilege"), HOST_NO);
	/* CAP_BPF without CAP_PERFMON, with CAP_DAC_OVERRIDE. */
	put(world, "proc/self/status", "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000008000000002\n");
	look(world);
	assert_int_equal(answer(world, "bpf_privilege"), HOST_NO);
	assert_int_equal(answer(world, "damon_privilege"), HOST_YES);
	/* Of the shipped unit: all but one of what madvise needs, then all. */
	put(world, "proc/self/status", "Uid:\t0\t0\t0\t0\nCapEff:\t000000c000880000\n");
	look(world);
	assert_int_equal(answer(world, "collapse_privilege"), HOST_NO);
	assert_false(host_abilities(&world->facts).madvise);
	put(world, "proc/self/status", "Uid:\t0\t0\t0\t0\nCapEff:\t000000c000880004\n");
	look(world);
	assert_int_equal(answer(world, "process_madvise"), HOST_YES);
	assert_true(host_abilities(&world->facts).madvise);
	world->facts.collapse_err = -EPERM;
	world->n = host_requirements(&world->facts, world->list);
	assert_int_equal(answer(world, "process_madvise"), HOST_NO);
	assert_false(host_abilities(&world->facts).madvise);
	/* Who may nothing is told what root could do. */
	put(world, "proc/self/status", "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0\n");
	look(world);
	assert_true(host_abilities(&world->facts).madvise);
	/* Root of a container. */
	put_good_host(world);
	put_link(world, "proc/self/ns/user", "user:[4026532000]");
	put_link(world, "proc/self/ns/pid", "pid:[4026532001]");
	look(world);
	assert_int_equal(answer(world, "bpf_privilege"), HOST_NO);
	assert_int_equal(answer(world, "damon_privilege"), HOST_NO);
	assert_int_equal(answer(world, "pid_namespace"), HOST_NO);
}

static void without_btf_nothing_in_it_is_missing(void **state)
{
	struct world *world = *state;

	drop(world, "sys/kernel/btf/vmlinux");
	look(world);
	assert_int_equal(answer(world, "kernel_btf"), HOST_NO);
	assert_int_equal(answer(world, "tp_sched_switch"), HOST_UNKNOWN);
	assert_int_equal(answer(world, "collapse_action"), HOST_UNKNOWN);
	assert_int_equal(missing(world, HOST_FOR_ALL), 1);
	put(world, "sys/kernel/btf/vmlinux", "this is no BTF");
	look(world);
	assert_int_equal(answer(world, "kernel_btf"), HOST_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_status),
		cmocka_unit_test(parses_release),
		cmocka_unit_test(parses_words),
		cmocka_unit_test(parses_own),
		TEST(good_host_lacks_nothing),
		TEST(quiet_cpus_are_told),
		TEST(every_missing_one_says_what_follows),
		TEST(needs_are_told_apart),
		TEST(damon_stat_stands_in_the_way),
		TEST(privileges),
		TEST(without_btf_nothing_in_it_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
