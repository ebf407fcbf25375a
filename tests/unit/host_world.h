/* SPDX-License-Identifier: GPL-2.0 */
/* The fixture of the tests of sense/host.c: a host that has all, as plain files below one temporary directory. */
#ifndef HOTDAMON_TESTS_HOST_WORLD_H
#define HOTDAMON_TESTS_HOST_WORLD_H

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
#include "tree.h"

#define KDAMONDS "sys/kernel/mm/damon/admin/kdamonds"

struct world {
	char dir[64];
	char proc[96], sys[96], run[96];
	struct host_roots roots;
	struct host_facts facts;
	struct host_requirement list[HOST_MAX_REQUIREMENTS];
	size_t n;
};

static inline void put(const struct world *world, const char *path, const char *text)
{
	tree_put(world->dir, path, text);
}

static inline void put_link(const struct world *world, const char *path, const char *target)
{
	tree_make_parents(world->dir, path);
	unlink(tree_at(world->dir, path));
	tree_link(world->dir, path, target);
}

/* A directory where a file is wanted: it cannot be read, not by root either. */
static inline void put_unreadable(const struct world *world, const char *path)
{
	tree_make_parents(world->dir, path);
	unlink(tree_at(world->dir, path));
	assert_int_equal(mkdir(tree_at(world->dir, path), 0700), 0);
}

static inline void drop(const struct world *world, const char *path)
{
	tree_drop(world->dir, path);
}

static inline void put_kdamond(const struct world *world, unsigned int number, const char *state,
			       const char *pid, const char *nr_contexts)
{
	char path[256];

	snprintf(path, sizeof(path), KDAMONDS "/%u/state", number);
	put(world, path, state);
	snprintf(path, sizeof(path), KDAMONDS "/%u/pid", number);
	put(world, path, pid);
	snprintf(path, sizeof(path), KDAMONDS "/%u/contexts/nr_contexts", number);
	put(world, path, nr_contexts);
}

static inline void put_context(const struct world *world, unsigned int number, const char *operations,
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

static inline void put_btf(const struct world *world, const char *last_action)
{
	static const char *const tracepoints[] = {"sched_switch",	   "sched_process_exit",
						  "sched_process_exec",	   "damon_aggregated",
						  "mm_collapse_huge_page", "mm_khugepaged_scan_pmd"};
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
	assert_true(btf__add_enum(btf, "damon_ops_id", 4) > 0);
	btf__add_enum_value(btf, "DAMON_OPS_FVADDR", 1);
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
	tree_put_bytes(world->dir, "sys/kernel/btf/vmlinux", raw, size);
	btf__free(btf);
}

/* Linux 7.2 as it comes, with root; nothing in the way. */
static inline void put_good_host(const struct world *world)
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

static inline void look(struct world *world)
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

static inline enum host_answer answer(const struct world *world, const char *name)
{
	return requirement(world, name)->answer;
}

/* What is missing beside bpffs, which no temporary directory is. */
static inline size_t missing(const struct world *world, unsigned int needs)
{
	struct host_requirement list[HOST_MAX_REQUIREMENTS];
	size_t n = host_missing(&world->facts, needs, list);
	size_t other = 0;

	for (size_t i = 0; i < n; i++)
		other += strcmp(list[i].name, "bpffs") != 0;
	return other;
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
	struct world *world = *state;

	tree_remove(world->dir);
	free(world);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
