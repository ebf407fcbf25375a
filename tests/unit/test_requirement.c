// SPDX-License-Identifier: GPL-2.0
/* From the facts of many hosts to what `check` says and `run` does: kernels from 5.17 to 7.3, and what may be amiss with each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "decide/process.h"
#include "base/exit_status.h"
#include "sense/requirement.h"

#define ALL_CAPABILITIES 0x1ffffffffffULL

/* What the kernels of the years had; root, and nothing in the way. */
static struct host_facts facts_of(unsigned int major, unsigned int minor)
{
	struct host_facts facts = {
		.self = {.uid0 = true,
			 .cap_eff = ALL_CAPABILITIES,
			 .initial_pid_ns = HOST_YES,
			 .initial_user_ns = HOST_YES},
		.major = major,
		.minor = minor,
		.btf = HOST_YES,
		.task_storage = HOST_YES,
		.bpf_loads = HOST_YES,
		.lockdown = "none",
		.bpffs = HOST_YES,
		.vaddr = HOST_YES,
		.fvaddr = HOST_YES,
		.vaddr_source = "a test",
		.kdamonds_readable = HOST_YES,
		.thp = HOST_YES,
		.thp_mode = "madvise",
		.pmd_size_bytes = PMD_SIZE_BYTES,
		.nr_scan_results = 31,
		.psi = HOST_YES,
	};

	snprintf(facts.release, sizeof(facts.release), "%u.%u", major, minor);
	for (unsigned int i = 0; i < HOST_TRACEPOINTS; i++)
		facts.tracepoints[i] = HOST_YES;
	for (unsigned int i = 0; i < HOST_MODULES; i++)
		facts.modules[i].off = HOST_YES;
#define SINCE(a, b) (host_kernel_since(&facts, a, b) ? HOST_YES : HOST_NO)
	facts.bpf_loop = SINCE(5, 17);
	facts.damon_sysfs = SINCE(5, 18);
	facts.apply_interval = SINCE(6, 7);
	facts.pagemap_scan = SINCE(6, 7);
	facts.hugepage_filter = SINCE(6, 15);
	facts.collapse_action = SINCE(7, 2);
	facts.collapse_err = host_kernel_since(&facts, 6, 1) ? 0 : -EINVAL;
	return facts;
}

/* What cmd/check.c and daemon/setup.c make of it. */
static int status_of(const struct host_facts *facts, enum executor_kind asked)
{
	struct host_verdict verdict;

	host_judge(facts, asked, &verdict);
	return verdict.n_missing ? EXIT_HOST : EXIT_DONE;
}

static enum executor_kind chosen_by(const struct host_facts *facts)
{
	struct host_verdict verdict;

	host_judge(facts, EXECUTOR_AUTO, &verdict);
	return verdict.executor;
}

static bool lacks(const struct host_facts *facts, enum executor_kind asked, const char *name)
{
	struct host_verdict verdict;

	host_judge(facts, asked, &verdict);
	for (size_t i = 0; i < verdict.n_missing; i++)
		if (!strcmp(verdict.missing[i].name, name))
			return true;
	return false;
}

static bool top_lacks_nothing(const struct host_facts *facts)
{
	struct host_requirement list[HOST_MAX_REQUIREMENTS];

	return !host_missing(facts, HOST_FOR_HOTNESS, list);
}

static void kernels(void **state)
{
	static const struct {
		unsigned int major, minor;
		enum executor_kind chosen; /* AUTO: none, and exit 3 */
		bool damos;
	} rows[] = {
		{5, 17, EXECUTOR_AUTO, false},	  {5, 18, EXECUTOR_AUTO, false},
		{6, 1, EXECUTOR_AUTO, false},	  {6, 6, EXECUTOR_AUTO, false},
		{6, 7, EXECUTOR_MADVISE, false},  {6, 12, EXECUTOR_MADVISE, false},
		{6, 18, EXECUTOR_MADVISE, false}, {7, 0, EXECUTOR_MADVISE, false},
		{7, 2, EXECUTOR_MADVISE, true},	  {7, 3, EXECUTOR_MADVISE, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_facts facts = facts_of(rows[i].major, rows[i].minor);
		int status = rows[i].chosen == EXECUTOR_AUTO ? EXIT_HOST : EXIT_DONE;

		assert_true(top_lacks_nothing(&facts));
		assert_int_equal(status_of(&facts, EXECUTOR_DRY_RUN), EXIT_DONE);
		assert_int_equal(chosen_by(&facts), rows[i].chosen);
		assert_int_equal(status_of(&facts, EXECUTOR_AUTO), status);
		assert_int_equal(status_of(&facts, EXECUTOR_MADVISE), status);
		assert_int_equal(status_of(&facts, EXECUTOR_NONE), status);
		assert_int_equal(status_of(&facts, EXECUTOR_DAMOS), rows[i].damos ? EXIT_DONE : EXIT_HOST);
		assert_int_equal(lacks(&facts, EXECUTOR_AUTO, "damon_apply_interval"), status == EXIT_HOST);
	}
}

static void too_old_for_counting(void **state)
{
	struct host_facts facts = facts_of(5, 16);

	(void)state;
	assert_false(top_lacks_nothing(&facts));
	assert_int_equal(status_of(&facts, EXECUTOR_DRY_RUN), EXIT_HOST);
}

/* A distribution's 5.14 with a newer DAMON in it: what the kernel has counts, and not what it calls itself. */
static void carried_back(void **state)
{
	struct host_facts facts = facts_of(6, 6);

	(void)state;
	facts.apply_interval = facts.pagemap_scan = HOST_YES;
	assert_int_equal(chosen_by(&facts), EXECUTOR_MADVISE);
	assert_int_equal(status_of(&facts, EXECUTOR_AUTO), EXIT_DONE);
}

/* Who can be used by the kernel is what auto takes, and then nothing of the kernel is missing: in each combination. */
static void choice_and_list_agree(void **state)
{
	static const size_t of[] = {
		offsetof(struct host_facts, damon_sysfs),
		offsetof(struct host_facts, apply_interval),
		offsetof(struct host_facts, vaddr),
		offsetof(struct host_facts, thp),
		offsetof(struct host_facts, pagemap_scan),
		offsetof(struct host_facts, collapse_action),
		offsetof(struct host_facts, tracepoints[HOST_TP_DAMON_AGGREGATED]),
		offsetof(struct host_facts, tracepoints[HOST_TP_MM_COLLAPSE_HUGE_PAGE]),
	};
	const size_t n = sizeof(of) / sizeof(of[0]);

	(void)state;
	for (unsigned int set = 0; set < 1U << n; set++) {
		struct host_facts facts = facts_of(7, 2);
		struct executor_abilities can;

		for (size_t i = 0; i < n; i++)
			if (set & 1U << i)
				*(enum host_answer *)((char *)&facts + of[i]) = HOST_NO;
		can = host_abilities(&facts);
		assert_int_equal(can.madvise, status_of(&facts, EXECUTOR_MADVISE) == EXIT_DONE);
		assert_int_equal(can.damos, status_of(&facts, EXECUTOR_DAMOS) == EXIT_DONE);
		assert_int_equal(can.watch, status_of(&facts, EXECUTOR_NONE) == EXIT_DONE);
		assert_int_equal(chosen_by(&facts) == EXECUTOR_AUTO,
				 status_of(&facts, EXECUTOR_AUTO) == EXIT_HOST);
		if (chosen_by(&facts) != EXECUTOR_AUTO)
			assert_int_equal(status_of(&facts, chosen_by(&facts)), EXIT_DONE);
	}
}

/* One that is not there is named to who needs it, and to nobody else. */
static void each_is_named(void **state)
{
	static const struct {
		size_t fact;
		const char *name;
		bool top, dry_run, none, damos, madvise; /* who lacks it */
	} rows[] = {
#define ROW(field, ...) {offsetof(struct host_facts, field), __VA_ARGS__}
		ROW(self.initial_pid_ns, "pid_namespace", true, true, true, true, true),
		ROW(btf, "kernel_btf", true, true, true, true, true),
		ROW(bpf_loads, "bpf_loading", true, true, true, true, true),
		ROW(tracepoints[HOST_TP_SCHED_SWITCH], "tp_sched_switch", true, true, true, true, true),
		ROW(tracepoints[HOST_TP_SCHED_PROCESS_EXIT], "tp_sched_process_exit", true, true, true, true,
		    true),
		ROW(tracepoints[HOST_TP_SCHED_PROCESS_EXEC], "tp_sched_process_exec", true, true, true, true,
		    true),
		ROW(task_storage, "task_storage", true, true, true, true, true),
		ROW(bpf_loop, "bpf_loop", true, true, true, true, true),
		ROW(bpffs, "bpffs", false, true, true, true, true),
		ROW(damon_sysfs, "damon_sysfs", false, false, true, true, true),
		ROW(apply_interval, "damon_apply_interval", false, false, true, true, true),
		ROW(vaddr, "damon_vaddr", false, false, true, true, true),
		ROW(fvaddr, "damon_fvaddr", false, false, false, false, false),
		ROW(modules[HOST_DAMON_STAT].off, "damon_stat_off", false, false, true, true, true),
		ROW(modules[HOST_DAMON_RECLAIM].off, "damon_reclaim_off", false, false, true, true, true),
		ROW(modules[HOST_DAMON_LRU_SORT].off, "damon_lru_sort_off", false, false, true, true, true),
		ROW(thp, "transparent_hugepage", false, false, true, true, true),
		ROW(collapse_action, "collapse_action", false, false, false, true, false),
		ROW(pagemap_scan, "pagemap_scan", false, false, false, false, true),
		ROW(tracepoints[HOST_TP_DAMON_AGGREGATED], "tp_damon_aggregated", false, false, false, false,
		    true),
		ROW(tracepoints[HOST_TP_MM_COLLAPSE_HUGE_PAGE], "tp_mm_collapse_huge_page", false, false,
		    false, true, true),
		ROW(tracepoints[HOST_TP_MM_KHUGEPAGED_SCAN_PMD], "tp_mm_khugepaged_scan_pmd", false, false,
		    false, true, true),
		ROW(psi, "memory_pressure", false, false, false, false, false),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct host_facts facts = facts_of(7, 2);

		*(enum host_answer *)((char *)&facts + rows[i].fact) = HOST_NO;
		assert_int_equal(top_lacks_nothing(&facts), !rows[i].top);
		assert_int_equal(lacks(&facts, EXECUTOR_DRY_RUN, rows[i].name), rows[i].dry_run);
		assert_int_equal(lacks(&facts, EXECUTOR_NONE, rows[i].name), rows[i].none);
		assert_int_equal(lacks(&facts, EXECUTOR_DAMOS, rows[i].name), rows[i].damos);
		assert_int_equal(lacks(&facts, EXECUTOR_MADVISE, rows[i].name), rows[i].madvise);
	}
}

static void lockdown(void **state)
{
	struct host_facts facts = facts_of(7, 2);

	(void)state;
	snprintf(facts.lockdown, sizeof(facts.lockdown), "integrity");
	assert_int_equal(status_of(&facts, EXECUTOR_AUTO), EXIT_DONE);
	snprintf(facts.lockdown, sizeof(facts.lockdown), "confidentiality");
	facts.bpf_loads = HOST_UNKNOWN; /* as for one who may not try */
	assert_true(lacks(&facts, EXECUTOR_AUTO, "bpf_loading"));
	assert_true(lacks(&facts, EXECUTOR_DRY_RUN, "bpf_loading"));
	assert_false(top_lacks_nothing(&facts));
	assert_int_equal(chosen_by(&facts), EXECUTOR_MADVISE); /* it is in the way of all */
	/* Where securityfs is not mounted nothing tells of it but the trial. */
	facts.lockdown[0] = '\0';
	facts.bpf_loads = HOST_NO;
	facts.bpf_err = -EINVAL;
	assert_true(lacks(&facts, EXECUTOR_AUTO, "bpf_loading"));
}

static void other_hosts(void **state)
{
	struct host_facts facts = facts_of(7, 2);

	(void)state;
	facts.pmd_size_bytes = 536870912; /* arm64 with pages of 64 KiB */
	assert_true(lacks(&facts, EXECUTOR_AUTO, "huge_page_size"));
	assert_true(lacks(&facts, EXECUTOR_NONE, "huge_page_size"));
	assert_int_equal(chosen_by(&facts), EXECUTOR_AUTO);
	assert_true(top_lacks_nothing(&facts));
	facts = facts_of(7, 2);
	facts.bpffs = HOST_NO;
	assert_true(lacks(&facts, EXECUTOR_DRY_RUN, "bpffs"));
	assert_true(top_lacks_nothing(&facts));
	facts = facts_of(7, 2);
	facts.btf = HOST_NO;
	facts.collapse_action = facts.apply_interval = facts.pagemap_scan = HOST_UNKNOWN;
	assert_true(lacks(&facts, EXECUTOR_AUTO, "kernel_btf"));
	assert_false(top_lacks_nothing(&facts));
	facts = facts_of(7, 2);
	facts.modules[HOST_DAMON_STAT].off = HOST_NO;
	assert_true(lacks(&facts, EXECUTOR_AUTO, "damon_stat_off"));
	assert_int_equal(chosen_by(&facts), EXECUTOR_MADVISE);
	assert_int_equal(status_of(&facts, EXECUTOR_DRY_RUN), EXIT_DONE);
	facts = facts_of(7, 2);
	facts.collapse_err = -EPERM; /* a filter */
	assert_int_equal(chosen_by(&facts), EXECUTOR_DAMOS);
	assert_true(lacks(&facts, EXECUTOR_MADVISE, "process_madvise"));
}

/* No refusal: it is told, and the guard does without. */
static void without_pressure(void **state)
{
	struct host_requirement list[HOST_MAX_REQUIREMENTS];
	struct host_facts facts = facts_of(7, 2);
	size_t n, said = 0;

	(void)state;
	facts.psi = HOST_NO;
	assert_int_equal(status_of(&facts, EXECUTOR_AUTO), EXIT_DONE);
	n = host_requirements(&facts, list);
	for (size_t i = 0; i < n; i++)
		said += !strcmp(list[i].name, "memory_pressure") &&
			strstr(list[i].consequence, "pressure guard");
	assert_int_equal(said, 1);
}

/* Told what root could do, and not what the want of capabilities leaves. */
static void who_may_nothing(void **state)
{
	struct host_facts facts = facts_of(6, 12);

	(void)state;
	facts.self.uid0 = false;
	facts.self.cap_eff = 0;
	facts.collapse_err = -EPERM;
	facts.bpf_loads = HOST_UNKNOWN;
	assert_int_equal(chosen_by(&facts), EXECUTOR_MADVISE);
	assert_true(lacks(&facts, EXECUTOR_AUTO, "bpf_privilege"));
	assert_true(lacks(&facts, EXECUTOR_AUTO, "damon_privilege"));
	assert_false(top_lacks_nothing(&facts));
}

/* Status 3 keeps the unit from starting again; what passes must not. */
static void exit_statuses(void **state)
{
	static const int passing[] = {EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN, EBUSY, EIO, ENOSPC};
	static const int lacking[] = {ENOENT, EPERM, EACCES, ENOSYS, EOPNOTSUPP, EROFS};

	(void)state;
	assert_int_equal(host_status_of_load(0), EXIT_DONE);
	assert_int_equal(host_status_of(0), EXIT_DONE);
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		assert_int_equal(host_status_of_load(-passing[i]), EXIT_FAILED);
		assert_int_equal(host_status_of(-passing[i]), EXIT_FAILED);
	}
	for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++) {
		assert_int_equal(host_status_of_load(-lacking[i]), EXIT_HOST);
		assert_int_equal(host_status_of(-lacking[i]), EXIT_HOST);
	}
	assert_int_equal(host_status_of_load(-EINVAL), EXIT_HOST); /* the verifier's word for no */
	assert_int_equal(host_status_of_load(-ESRCH), EXIT_FAILED);
	assert_int_equal(host_status_of_load(-LIBBPF_ERRNO__LIBELF), EXIT_FAILED);
	assert_int_equal(host_status_of_load(-LIBBPF_ERRNO__INTERNAL), EXIT_FAILED);
	assert_int_equal(host_status_of(-EINVAL), EXIT_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels),	   cmocka_unit_test(too_old_for_counting),
		cmocka_unit_test(carried_back),	   cmocka_unit_test(choice_and_list_agree),
		cmocka_unit_test(each_is_named),   cmocka_unit_test(lockdown),
		cmocka_unit_test(other_hosts),	   cmocka_unit_test(without_pressure),
		cmocka_unit_test(who_may_nothing), cmocka_unit_test(exit_statuses),
	};

	return cmocka_run_group_tests_name("requirement", tests, NULL, NULL);
}
