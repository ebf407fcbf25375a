// SPDX-License-Identifier: GPL-2.0
/* Facts about the host, read from roots made up in a temporary directory: no root, no kernel of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/btf.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sense/host.h"
#include "sense/requirement.h"

#define KDAMONDS "sys/kernel/mm/damon/admin/kdamonds"

struct world {
	char dir[64];
	char proc[96], sys[96], run[96];
	struct host_roots roots;
	struct host_facts facts;
	struct host_requirement list[HOST_MAX_REQUIREMENTS];
	size_t n;
};

static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static void put_bytes(const struct world *world, const char *path, const void *bytes, size_t size)
{
	char full[PATH_MAX];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", world->dir, path);
	make_parents(full);
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void put(const struct world *world, const char *path, const char *text)
{
	put_bytes(world, path, text, strlen(text));
}

static void put_link(const struct world *world, const char *path, const char *target)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", world->dir, path);
	make_parents(full);
	unlink(full);
	assert_int_equal(symlink(target, full), 0);
}

/* A directory where a file is wanted: it cannot be read, not by root either. */
static void put_unreadable(const struct world *world, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", world->dir, path);
	make_parents(full);
	unlink(full);
	assert_int_equal(mkdir(full, 0700), 0);
}

static void drop(const struct world *world, const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", world->dir, path);
	assert_int_equal(unlink(full), 0);
}

static void put_kdamond(const struct world *world, unsigned int number, const char *state, const char *pid,
			const char *nr_contexts)
{
	char path[256];

	snprintf(path, sizeof(path), KDAMONDS "/%u/state", number);
	put(world, path, state);
	snprintf(path, sizeof(path), KDAMONDS "/%u/pid", number);
	put(world, path, pid);
	snprintf(path, sizeof(path), KDAMONDS "/%u/contexts/nr_contexts", number);
	put(world, path, nr_contexts);
}

static void put_context(const struct world *world, unsigned int number, const char *operations,
			const char *target)
{
	char path[256];

	snprintf(path, sizeof(path), KDAMONDS "/%u/contexts/0/operations", number);
	put(world, path, operations);
	snprintf(path, sizeof(path), KDAMONDS "/%u/contexts/0/avail_operations", number);
	put(world, path, "vaddr\nfvaddr\npaddr\n");
	snprintf(path, sizeof(path), KDAMONDS "/%u/contexts/0/targets/nr_targets", number);
	put(world, path, "1\n");
	snprintf(path, sizeof(path), KDAMONDS "/%u/contexts/0/targets/0/pid_target", number);
	put(world, path, target);
}

static void put_btf(const struct world *world, const char *last_action)
{
	static const char *const tracepoints[] = {
		"sched_switch",	    "sched_process_exit",    "sched_process_exec",    "task_rename",
		"damon_aggregated", "mm_collapse_huge_page", "mm_khugepaged_scan_pmd"};
	struct btf *btf = btf__new_empty();
	char name[64];
	uint32_t size;
	const void *raw;

	assert_non_null(btf);
	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(*tracepoints); i++) {
		snprintf(name, sizeof(name), "btf_trace_%s", tracepoints[i]);
		assert_true(btf__add_typedef(btf, name, 0) > 0);
	}
	assert_true(btf__add_enum(btf, "damos_action", 4) > 0);
	btf__add_enum_value(btf, "DAMOS_STAT", 0);
	btf__add_enum_value(btf, last_action, 1);
	assert_true(btf__add_enum(btf, "scan_result", 4) > 0);
	btf__add_enum_value(btf, "SCAN_FAIL", 0);
	btf__add_enum_value(btf, "SCAN_SUCCEED", 1);
	btf__add_enum_value(btf, "SCAN_PMD_NONE", 3);
	btf__add_enum_value(btf, "SCAN_FAR_AWAY", 100000);
	assert_true(btf__add_enum(btf, "damos_filter_type", 4) > 0);
	btf__add_enum_value(btf, "DAMOS_FILTER_TYPE_HUGEPAGE_SIZE", 4);
	assert_true(btf__add_int(btf, "long unsigned int", 8, 0) > 0);
	assert_true(btf__add_struct(btf, "damos", 8) > 0);
	assert_int_equal(btf__add_field(btf, "apply_interval_us", (int)btf__type_cnt(btf) - 2, 0, 0), 0);
	assert_true(btf__add_struct(btf, "pm_scan_arg", 96) > 0);
	assert_true(btf__add_enum(btf, "bpf_map_type", 4) > 0);
	btf__add_enum_value(btf, "BPF_MAP_TYPE_TASK_STORAGE", 29);
	assert_true(btf__add_enum(btf, "bpf_func_id", 4) > 0);
	btf__add_enum_value(btf, "BPF_FUNC_loop", 181);
	raw = btf__raw_data(btf, &size);
	put_bytes(world, "sys/kernel/btf/vmlinux", raw, size);
	btf__free(btf);
}

/* Linux 7.2 as it comes, with root; nothing in the way. */
static void put_good_host(const struct world *world)
{
	put(world, "proc/self/status",
	    "Name:\thotdamon\nUid:\t0\t0\t0\t0\nCapPrm:\t0\nCapEff:\t000001ffffffffff\n");
	put_link(world, "proc/self/ns/pid", "pid:[4026531836]");
	put_link(world, "proc/self/ns/user", "user:[4026531837]");
	put(world, "proc/sys/kernel/osrelease", "7.2.12+deb14-cloud-amd64\n");
	put(world, "proc/kallsyms",
	    "0000000000000000 T _stext\n0000000000000000 t damon_va_init\n0000000000000000 T _etext\n");
	put_btf(world, "DAMOS_COLLAPSE");
	put(world, KDAMONDS "/nr_kdamonds", "0\n");
	put(world, "sys/module/damon_stat/parameters/enabled", "N\n");
	put(world, "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	put(world, "sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n");
	put(world, "sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	put(world, "proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
}

static void look(struct world *world)
{
	assert_int_equal(host_facts_read(&world->roots, &world->facts), 0);
	world->n = host_requirements(&world->facts, world->list);
	assert_in_range(world->n, 1, HOST_MAX_REQUIREMENTS);
}

static const struct host_requirement *requirement(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->n; i++)
		if (!strcmp(world->list[i].name, name))
			return &world->list[i];
	fail_msg("no requirement %s", name);
	return NULL;
}

static enum host_answer answer(const struct world *world, const char *name)
{
	return requirement(world, name)->answer;
}

/* What is missing beside bpffs, which no temporary directory is. */
static size_t missing(const struct world *world, unsigned int needs)
{
	struct host_requirement list[HOST_MAX_REQUIREMENTS];
	size_t n = host_missing(&world->facts, needs, list);
	size_t other = 0;

	for (size_t i = 0; i < n; i++)
		other += strcmp(list[i].name, "bpffs") != 0;
	return other;
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	snprintf(world->dir, sizeof(world->dir), "/tmp/hotdamon-host.XXXXXX");
	assert_non_null(mkdtemp(world->dir));
	snprintf(world->proc, sizeof(world->proc), "%s/proc", world->dir);
	snprintf(world->sys, sizeof(world->sys), "%s/sys", world->dir);
	snprintf(world->run, sizeof(world->run), "%s/run", world->dir);
	world->roots = (struct host_roots){
		.proc = world->proc, .sys = world->sys, .state_dir = world->run, .no_bpf_probe = true};
	put_good_host(world);
	*state = world;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct world *world = *state;

	nftw(world->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(world);
	return 0;
}

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
	assert_false(host_parse_own("", &own));
	assert_false(host_parse_own("[1]", &own));
	assert_false(host_parse_own("{\"pid\":12,", &own)); /* torn */
	assert_int_equal(own.daemon_pid, 3);
	assert_true(host_parse_own("{}", &own));
	assert_int_equal(own.daemon_pid, 0);
	assert_true(host_parse_own("{\"pid\":99999999999,\"targets\":7}", &own));
	assert_int_equal(own.daemon_pid, 0);
	assert_true(host_parse_own("{\"pid\":12,\"targets\":[{\"kdamond_pid\":112},{},{\"kdamond_pid\":null},"
				   "{\"kdamond_pid\":-1},4,{\"kdamond_pid\":113}]}",
				   &own));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_status),
		cmocka_unit_test(parses_release),
		cmocka_unit_test(parses_words),
		cmocka_unit_test(parses_own),
		TEST(good_host_lacks_nothing),
		TEST(every_missing_one_says_what_follows),
		TEST(needs_are_told_apart),
		TEST(damon_stat_stands_in_the_way),
		TEST(privileges),
		TEST(without_btf_nothing_in_it_is_missing),
		TEST(vaddr_is_known_by_two_ways),
		TEST(foreign_kdamond_is_described),
		TEST(configured_but_off_is_someone_elses),
		TEST(own_kdamonds_are_known),
		TEST(unreadable_is_never_missing),
		TEST(more_kdamonds_than_room),
		TEST(no_huge_pages),
		TEST(outputs_only_on_success),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
