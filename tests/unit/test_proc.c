// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sense/proc.h"
#include "tree.h"

/* Behind the comm; the number before the last two is starttime, field 22. */
#define STAT_REST "1 100 100 0 -1 4194560 900 0 0 0 77 78 79 80 20 0 3 0 123456 5000 600\n"

static void test_parse_stat(void **state)
{
	static const struct {
		const char *text;
		char letter;
	} cases[] = {
		{"100 (redis-server) S " STAT_REST, 'S'},
		{"100 (evil) R 1 () Z " STAT_REST, 'Z'},
		{"100 (a) R 1 () S " STAT_REST, 'S'},
		{"100 () D " STAT_REST, 'D'},
		{"100 (new\nline) R " STAT_REST, 'R'},
		{"100 (:-)) T " STAT_REST, 'T'},
		{"100 (dead) X 0 -1 -1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 0 0 123456 0 0\n", 'X'},
	};
	uint64_t start;
	char letter;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start = 0;
		assert_int_equal(proc_parse_stat(cases[i].text, &letter, &start), 0);
		assert_int_equal(letter, cases[i].letter);
		assert_int_equal(start, 123456);
	}
	assert_int_equal(
		proc_parse_stat("1 (a) S 1 1 1 0 -1 4294967295 18446744073709551615 0 0 0 0 0 0 0 20 "
				"-19 1 0 18446744073709551615 0",
				&letter, &start),
		0);
	assert_true(start == UINT64_MAX);
}

static void test_parse_no_stat(void **state)
{
	static const char *const cases[] = {
		"",
		"100",
		"100 (cat",
		"100 (cat)",
		"100 (cat) S",
		"garbage\n",
		"100 (cat) S 1 100 100 0 -1 4194560 900 0 0 0 77 78 79 80 20 0 3 0\n"};
	uint64_t start = 7;
	char letter = '-';

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(proc_parse_stat(cases[i], &letter, &start), -EINVAL);
	assert_int_equal(letter, '-');
	assert_int_equal(start, 7);
}

#define STATUS                                                                                               \
	"Name:\tRssAnon: 9 kB\n"                                                                             \
	"State:\tS (sleeping)\n"                                                                             \
	"Tgid:\t100\n"                                                                                       \
	"NoTgid:\t5\n"                                                                                       \
	"VmRSS:\t    2000 kB\n"                                                                              \
	"RssAnon:\t    1500 kB\n"                                                                            \
	"RssAnonMore:\t    7 kB\n"                                                                           \
	"ThreadsX 9\n"                                                                                       \
	"Threads:\t3\n"                                                                                      \
	"THP_enabled:\t1\n"                                                                                  \
	"HugetlbPages:\t    4096 kB\n"                                                                       \
	"Empty:\n"                                                                                           \
	"Word:\tnone\n"                                                                                      \
	"Last:\t12"

static void test_field(void **state)
{
	static const struct {
		const char *name;
		int err;
		uint64_t value;
	} cases[] = {
		{"Tgid", 0, 100},
		{"VmRSS", 0, 2000 * 1024},
		{"RssAnon", 0, 1500 * 1024}, /* not what a process calls itself */
		{"Threads", 0, 3},
		{"THP_enabled", 0, 1},
		{"Last", 0, 12},
		{"Rss", -ENOENT, 0},
		{"gid", -ENOENT, 0},
		{"Missing", -ENOENT, 0},
		{"Word", -ENOENT, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 77;

		if (proc_field(STATUS, cases[i].name, &value) != cases[i].err)
			fail_msg("%s", cases[i].name);
		assert_int_equal(value, cases[i].err ? 77 : cases[i].value);
	}
	assert_int_equal(proc_field("", "Tgid", &(uint64_t){0}), -ENOENT);
	assert_int_equal(proc_field("\n\nTgid:\t1\n", "Tgid", &(uint64_t){0}), 0);
}

/* An empty field does not take the next line's number. */
static void test_field_empty(void **state)
{
	uint64_t value = 77;

	(void)state;
	assert_int_equal(proc_field("Empty:\nTgid:\t5\n", "Empty", &value), -ENOENT);
	assert_int_equal(value, 77);
}

/* ---- a /proc of our own ---- */

static char root[32];

static void put(const char *path, const char *text)
{
	tree_put(root, path, text);
}

static void drop(const char *path)
{
	tree_drop(root, path);
}

static int setup(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/hotdamon-proc-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	put("100/stat", "100 (redis-server) S " STAT_REST);
	put("100/task/100/stat", "100 (redis-server) S " STAT_REST);
	put("100/task/100/status", STATUS);
	put("100/task/notes/stat", "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(root);
	return 0;
}

static struct process_facts facts_of(uint32_t pid)
{
	struct process_facts facts;

	memset(&facts, 0xa5, sizeof(facts));
	assert_int_equal(process_facts_read(root, pid, &facts), 0);
	return facts;
}

static void test_facts(void **state)
{
	struct process_facts facts = facts_of(100);

	(void)state;
	assert_int_equal(facts.tgid, 100);
	assert_string_equal(facts.comm, "redis-server");
	assert_int_equal(facts.state, 'S');
	assert_int_equal(facts.start_time_ticks, 123456);
	assert_int_equal(facts.live_tid, 100);
	assert_int_equal(facts.anon_bytes, 1500 * 1024);
	assert_int_equal(facts.hugetlb_bytes, 4096 * 1024);
	assert_false(facts.kernel_thread);
	assert_false(facts.thp_disabled);
}

static void test_thread_cpu(void **state)
{
	uint64_t cpu_ns = 7;

	(void)state;
	assert_int_equal(process_thread_cpu_ns(root, 100, &cpu_ns), 0);
	assert_int_equal(cpu_ns, (77 + 78) * PROC_TICK_NS); /* not the 79 and 80 of its children */
	put("100/schedstat", "18446744073709551615 5 6\n");
	assert_int_equal(process_thread_cpu_ns(root, 100, &cpu_ns), 0);
	assert_true(cpu_ns == UINT64_MAX);
	put("100/schedstat", "\n");
	assert_int_equal(process_thread_cpu_ns(root, 100, &cpu_ns), 0);
	assert_int_equal(cpu_ns, 155 * PROC_TICK_NS);
	drop("100/schedstat");
	put("100/stat", "100 (kdamond.0) S 2 0");
	assert_int_equal(process_thread_cpu_ns(root, 100, &cpu_ns), -EINVAL);
	assert_int_equal(process_thread_cpu_ns(root, 101, &cpu_ns), -ESRCH);
	assert_int_equal(cpu_ns, 155 * PROC_TICK_NS);
}

static void test_comm(void **state)
{
	static const struct {
		const char *text, *comm;
	} cases[] = {
		{"100 (a) R 1 () S " STAT_REST, "a) R 1 ("},
		{"100 ((sd-pam)) S " STAT_REST, "(sd-pam)"},
		{"100 () S " STAT_REST, ""},
		{"100 (exactly15chars!) S " STAT_REST, "exactly15chars!"},
		{"100 (kworker/u8:3-ext4-rsv-conversion) S " STAT_REST, "kworker/u8:3-ex"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put("100/stat", cases[i].text);
		assert_string_equal(facts_of(100).comm, cases[i].comm);
	}
}

static void assert_untouched(uint32_t pid, int want)
{
	struct process_facts facts = {.tgid = 77, .comm = "before"};
	int err = process_facts_read(root, pid, &facts);

	if (err != want)
		fail_msg("%u: %d, not %d", pid, err, want);
	assert_int_equal(facts.tgid, 77);
	assert_string_equal(facts.comm, "before");
}

static void test_no_process(void **state)
{
	(void)state;
	assert_untouched(101, -ESRCH);
	drop("100/task/100/status"); /* it ended in between */
	assert_untouched(100, -ESRCH);
	put("100/task/100/status", "Name:\tx\n");
	assert_untouched(100, -EINVAL);
	put("100/task/100/status", STATUS);
	put("100/stat", "");
	assert_untouched(100, -EINVAL);
}

/* The lines of its memory stand behind that of its groups. */
static void test_many_groups(void **state)
{
	enum { GROUPS = 65536 };
	char *text = malloc(sizeof(STATUS) + 16 + 11 * GROUPS), *end;
	struct process_facts facts;

	(void)state;
	assert_non_null(text);
	end = text + sprintf(text, "Name:\tx\nTgid:\t100\nGroups:\t");
	for (int i = 0; i < GROUPS; i++)
		end += sprintf(end, "%d ", 1000000000 + i);
	sprintf(end, "\nRssAnon:\t1500 kB\nTHP_enabled:\t0\n");
	put("100/task/100/status", text);
	facts = facts_of(100);
	assert_false(facts.kernel_thread);
	assert_int_equal(facts.anon_bytes, 1500 * 1024);
	assert_true(facts.thp_disabled);
	free(text);
}

/* /proc has a directory for each thread's id, though it lists only those of processes. */
static void test_id_of_a_thread(void **state)
{
	(void)state;
	put("103/stat", "103 (worker) R " STAT_REST);
	put("103/task/103/status", STATUS); /* Tgid: 100 */
	assert_untouched(103, -ESRCH);
}

/* The leader has exited, and its memory is reached through a thread. */
static void test_zombie_leader(void **state)
{
	struct process_facts facts;

	(void)state;
	put("100/stat", "100 (redis-server) Z " STAT_REST);
	put("100/task/100/stat", "100 (redis-server) Z " STAT_REST);
	put("100/task/100/status", "Name:\tredis-server\nState:\tZ (zombie)\nTgid:\t100\nThreads:\t3\n");
	put("100/task/101/stat", "101 (bio) X " STAT_REST);
	put("100/task/101/status", "Tgid:\t100\n");
	put("100/task/103/stat", "103 (io_thd) S " STAT_REST);
	put("100/task/103/status", STATUS);
	facts = facts_of(100);
	assert_int_equal(facts.state, 'Z');
	assert_int_equal(facts.live_tid, 103);
	assert_int_equal(facts.anon_bytes, 1500 * 1024);
	assert_false(facts.kernel_thread);
	assert_string_equal(facts.comm, "redis-server");
}

/* The ids in /proc/100/task, in the order in which they are read. Returns how many. */
static size_t listed_threads(uint32_t *tids, size_t room)
{
	char path[PATH_MAX];
	struct dirent *dirent;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/100/task", root);
	dir = opendir(path);
	assert_non_null(dir);
	while ((dirent = readdir(dir)) && n < room)
		if (strtoul(dirent->d_name, NULL, 10) > 100)
			tids[n++] = (uint32_t)strtoul(dirent->d_name, NULL, 10);
	closedir(dir);
	return n;
}

static void put_thread(uint32_t tid, char letter)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "100/task/%u/stat", tid);
	snprintf(text, sizeof(text), "%u (worker) %c " STAT_REST, tid, letter);
	put(path, text);
	snprintf(path, sizeof(path), "100/task/%u/status", tid);
	put(path, STATUS);
}

/* How many calls it takes until that one is found; 99: more than there should be. */
static int calls_until(uint32_t tid)
{
	for (int calls = 1; calls < 99; calls++)
		if (facts_of(100).live_tid == tid)
			return calls;
	return 99;
}

/* Each call looks at few of them, and all together at all. */
static void test_many_zombie_threads(void **state)
{
	enum { THREADS = 600, LOOKED_AT = 128 };
	uint32_t tids[THREADS];

	(void)state;
	put("100/stat",
	    "100 (first) Z 1 100 100 0 -1 4194560 900 0 0 0 77 78 79 80 20 0 3 0 345678 5000 600\n");
	put("100/task/100/stat", "100 (redis-server) Z " STAT_REST);
	for (uint32_t tid = 101; tid <= 100 + THREADS; tid++)
		put_thread(tid, 'Z');
	assert_int_equal(listed_threads(tids, THREADS), THREADS);
	assert_int_equal(facts_of(100).live_tid, 0);
	put_thread(tids[THREADS - 1], 'S');
	assert_in_range(calls_until(tids[THREADS - 1]), THREADS / LOOKED_AT - 1, THREADS / LOOKED_AT + 2);
	assert_int_equal(calls_until(tids[THREADS - 1]), 1); /* it is where it was */
	put_thread(tids[THREADS - 1], 'X');
	put_thread(tids[0], 'R');
	assert_in_range(calls_until(tids[0]), 1, 2);
	put("100/stat",
	    "100 (another) Z 1 100 100 0 -1 4194560 900 0 0 0 77 78 79 80 20 0 3 0 234567 5000 600\n");
	assert_int_equal(calls_until(tids[0]), 1); /* from the start, of another process */
}

static void test_zombie(void **state)
{
	struct process_facts facts;

	(void)state;
	put("100/stat", "100 (redis-server) Z " STAT_REST);
	put("100/task/100/stat", "100 (redis-server) Z " STAT_REST);
	put("100/task/100/status", "Name:\tredis-server\nState:\tZ (zombie)\nTgid:\t100\nThreads:\t1\n");
	put("100/task/101/stat", "101 (bio) X " STAT_REST);
	facts = facts_of(100);
	assert_int_equal(facts.live_tid, 0);
	assert_int_equal(facts.anon_bytes, 0);
	assert_false(facts.kernel_thread); /* it has no memory either, but once had */
}

static void test_kernel_thread(void **state)
{
	struct process_facts facts;

	(void)state;
	put("2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 4 0 0\n");
	put("2/task/2/status", "Name:\tkthreadd\nState:\tS (sleeping)\nTgid:\t2\nPid:\t2\nThreads:\t1\n");
	facts = facts_of(2);
	assert_true(facts.kernel_thread);
	assert_int_equal(facts.anon_bytes, 0);
	assert_int_equal(facts.live_tid, 2);
	assert_int_equal(facts.start_time_ticks, 4);
}

static void test_thp_disabled(void **state)
{
	static const struct {
		const char *line;
		bool disabled;
	} cases[] = {{"THP_enabled:\t0\n", true},
		     {"THP_enabled:\t1\n", false},
		     {"", false}}; /* before Linux 5.0 */
	char text[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "Tgid:\t100\nRssAnon:\t 0 kB\n%s", cases[i].line);
		put("100/task/100/status", text);
		assert_int_equal(facts_of(100).thp_disabled, cases[i].disabled);
		assert_false(facts_of(100).kernel_thread);
	}
}

/* A status longer than a page: a process in many groups, on a host with many CPUs. */
static void test_long_status(void **state)
{
	char *text = calloc(1, 8192);
	int used = snprintf(text, 8192, "Tgid:\t100\nGroups:\t");

	(void)state;
	while (used < 7000)
		used += snprintf(text + used, 8192 - (size_t)used, "%d ", used);
	snprintf(text + used, 8192 - (size_t)used, "\nRssAnon:\t 3 kB\nTHP_enabled:\t0\n");
	put("100/task/100/status", text);
	free(text);
	assert_int_equal(facts_of(100).anon_bytes, 3072);
	assert_true(facts_of(100).thp_disabled);
}

static void test_match(void **state)
{
	const struct process_facts facts = {.tgid = 100, .start_time_ticks = 123456};

	(void)state;
	assert_true(process_facts_match(&facts, (struct process_id){100, 1234560000000}));
	assert_true(process_facts_match(&facts, (struct process_id){100, 1234569999999}));
	assert_false(process_facts_match(&facts, (struct process_id){100, 1234570000000}));
	assert_false(process_facts_match(&facts, (struct process_id){100, 1234559999999}));
	assert_false(process_facts_match(&facts, (struct process_id){101, 1234560000000}));
}

static void test_huge_bytes(void **state)
{
	uint64_t bytes = 77;

	(void)state;
	assert_int_equal(process_huge_bytes(root, 100, &bytes), -ENOENT);
	put("100/smaps_rollup", "55d0-7ffe ---p 00000000 00:00 0     [rollup]\nRss:     5000 kB\n"
				"Anonymous:        4500 kB\nAnonHugePages:      4096 kB\n"
				"ShmemPmdMapped:       2048 kB\nFilePmdMapped:    1 kB\n");
	assert_int_equal(process_huge_bytes(root, 100, &bytes), 0);
	assert_int_equal(bytes, 4096 * 1024);
	bytes = 77;
	put("100/smaps_rollup", ""); /* the process has no memory any more */
	assert_int_equal(process_huge_bytes(root, 100, &bytes), -ENOENT);
	assert_int_equal(bytes, 77);
}

/* The real thing: this very process. */
static void test_self(void **state)
{
	struct process_facts facts;
	uint64_t bytes;

	(void)state;
	assert_int_equal(process_facts_read("/proc", (uint32_t)getpid(), &facts), 0);
	assert_int_equal(facts.tgid, getpid());
	assert_string_equal(facts.comm, "test_proc");
	assert_int_equal(facts.state, 'R');
	assert_true(facts.anon_bytes > 0);
	assert_true(facts.start_time_ticks > 0);
	assert_false(facts.kernel_thread);
	assert_int_equal(process_huge_bytes("/proc", (uint32_t)getpid(), &bytes), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_stat),
		cmocka_unit_test(test_parse_no_stat),
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_field_empty),
		TEST(test_facts),
		TEST(test_thread_cpu),
		TEST(test_comm),
		TEST(test_no_process),
		TEST(test_many_groups),
		TEST(test_id_of_a_thread),
		TEST(test_zombie_leader),
		TEST(test_many_zombie_threads),
		TEST(test_zombie),
		TEST(test_kernel_thread),
		TEST(test_thp_disabled),
		TEST(test_long_status),
		cmocka_unit_test(test_match),
		TEST(test_huge_bytes),
		cmocka_unit_test(test_self),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
