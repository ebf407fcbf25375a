// SPDX-License-Identifier: GPL-2.0
/*
 * The executor's parts for one process, for the script beside it; DAMON has no part in it. As root.
 *
 *   gain rates PID SECONDS         slots that could be collapsed, a line each, the most accessed first: address, accesses a
 *                                  second
 *   gain collapse PID [BUDGET_US]  collapses the slots whose addresses it reads, in that order, at this pace (0: none);
 *                                  prints how many, how many failed, CPU and wall time, in ms
 *
 * Rates are by the accessed bits of the page tables: cleared, and read some time later, again and again. What stays in the
 * TLB meanwhile is not seen: that is not what huge pages save either.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "act/collapse.h"
#include "base/clock.h"
#include "base/textfile.h"
#include "decide/pace.h"
#include "sense/pagemap.h"
#include "sense/vma.h"
#include "tables.h"
#include "tests/tables.skel.h"

#define WAIT_NS	    50000000ULL /* from a clearing to the reading: most pages are not accessed, or once */
#define LEAST_PAGES 384		/* a slot with fewer would grow much */
#define ACCESSED    (1ULL << 5)

struct slot {
	uint64_t address;
	uint32_t hits[TABLE_ENTRIES]; /* how often a page was found accessed */
	double rate_per_s;
};

struct slots {
	struct slot *at;
	size_t n;
	unsigned int looks;
	uint64_t waited_ns; /* of all looks, from clearing to reading */
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "gain: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void sleep_until(uint64_t when_ns)
{
	struct timespec when = {.tv_sec = (time_t)(when_ns / NS_PER_S),
				.tv_nsec = (long)(when_ns % NS_PER_S)};

	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

static int open_pidfd(uint32_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0)
		die("pidfd_open");
	return pidfd;
}

/* ---- where ---- */

static bool ask(void *arg, uint64_t slot)
{
	return collapse_allowed(*(int *)arg, slot) == 1;
}

static size_t room_of(const struct vma_map *map)
{
	size_t room = 0;

	for (size_t i = 0; i < map->n; i++)
		room += (map->ranges[i].end - map->ranges[i].start) / PMD_SIZE_BYTES;
	return room;
}

/* What the executor would take: collapsible, populated, and small. */
static void find_slots(uint32_t pid, struct slots *slots)
{
	int pidfd = open_pidfd(pid);
	struct vma_asking asking = {.ask = ask, .arg = &pidfd, .now_ns = 1, .left = UINT_MAX};
	struct vma_map map = {0};

	errno = -vma_map_look(&map, "/proc", pid);
	if (errno)
		die("maps");
	slots->at = calloc(room_of(&map) + 1, sizeof(*slots->at));
	if (!slots->at)
		die("slots");
	for (size_t i = 0; i < map.n; i++) {
		uint64_t at = (map.ranges[i].start + PMD_SIZE_BYTES - 1) / PMD_SIZE_BYTES * PMD_SIZE_BYTES;

		for (; at + PMD_SIZE_BYTES <= map.ranges[i].end; at += PMD_SIZE_BYTES) {
			struct slot_pages pages;

			if (vma_map_ask(&map, at, &asking) == VMA_YES &&
			    !slot_pages_read("/proc", pid, &at, 1, &pages) && !pages.huge &&
			    pages.present >= LEAST_PAGES)
				slots->at[slots->n++].address = at;
		}
	}
	vma_map_free(&map);
	close(pidfd);
}

/* ---- how often ---- */

static void clear_accessed(uint32_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/clear_refs", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		die(path);
	close(fd);
}

static bool has_five_levels(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = fopen("/proc/cpuinfo", "re");
	bool five = f && getdelim(&text, &n, '\0', f) > 0 && strstr(text, " la57");

	if (f)
		fclose(f);
	free(text);
	return five;
}

/* A kernel that lies anywhere (KASLR) tells its base where it has symbols for data; else it must be where it always was. */
static struct table_ask ask_of(uint32_t pid)
{
	struct table_ask ask = {.pid = (int)pid, .levels = has_five_levels() ? 5 : 4};
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, " page_offset_base\n"))
			ask.memory_at = strtoull(line, NULL, 16);
	if (f)
		fclose(f);
	ask.memory = ask.levels == 5 ? 0xff11000000000000 : 0xffff888000000000;
	return ask;
}

static void look(struct tables_bpf *tables, struct table_ask ask, struct slots *slots)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &ask, .ctx_size_in = sizeof(ask));
	uint64_t began = clock_boot_ns();
	size_t n_seen = 0;

	clear_accessed((uint32_t)ask.pid);
	sleep_until(clock_boot_ns() + WAIT_NS);
	for (size_t i = 0; i < slots->n; i++) {
		ask.address = slots->at[i].address;
		if (bpf_prog_test_run_opts(bpf_program__fd(tables->progs.read_table), &run))
			die("BPF");
		n_seen += run.retval == TABLE_SMALL;
		for (size_t k = 0; run.retval == TABLE_SMALL && k < TABLE_ENTRIES; k++)
			slots->at[i].hits[k] += (tables->bss->table[k] & ACCESSED) != 0;
	}
	errno = ENXIO;
	if (!n_seen)
		die("the page tables are not where they are looked for");
	slots->looks++;
	slots->waited_ns += clock_boot_ns() - began; /* a little too long: the rates are that much too low */
}

/* A page that was always accessed: at least so often. */
static double page_rate(unsigned int hits, const struct slots *slots)
{
	double share = ((double)hits < slots->looks - 0.5 ? hits : slots->looks - 0.5) / slots->looks;

	return -log(1 - share) / (ns_to_s(slots->waited_ns) / slots->looks);
}

static int hotter_first(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return (x->rate_per_s < y->rate_per_s) - (x->rate_per_s > y->rate_per_s);
}

static void tell_rates(uint32_t pid, double seconds)
{
	struct tables_bpf *tables = tables_bpf__open_and_load();
	uint64_t end = clock_boot_ns() + (uint64_t)(seconds * (double)NS_PER_S);
	struct table_ask ask = ask_of(pid);
	struct slots slots = {0};

	if (!tables)
		die("BPF");
	find_slots(pid, &slots);
	while (clock_boot_ns() < end)
		look(tables, ask, &slots);
	tables_bpf__destroy(tables);
	for (size_t i = 0; i < slots.n; i++)
		for (size_t k = 0; k < TABLE_ENTRIES; k++)
			slots.at[i].rate_per_s += page_rate(slots.at[i].hits[k], &slots);
	qsort(slots.at, slots.n, sizeof(*slots.at), hotter_first);
	for (size_t i = 0; i < slots.n; i++)
		printf("%" PRIu64 " %.1f\n", slots.at[i].address, slots.at[i].rate_per_s);
	free(slots.at);
}

/* ---- collapsing ---- */

static size_t read_addresses(uint64_t **addresses)
{
	size_t n = 0, room = 1 << 20;

	*addresses = calloc(room, sizeof(**addresses));
	if (!*addresses)
		die("addresses");
	while (n < room && scanf("%" SCNu64 "%*[^\n]", &(*addresses)[n]) == 1)
		n++;
	return n;
}

/*
 * Huge pages for n collapses; one is given back just before each. A virtual machine's host may have taken back what is
 * free, and to touch it then takes ten times as long as a collapse: that is the host's affair.
 */
static char *fill_pool(size_t n)
{
	char *pool = mmap(NULL, (n + 1) * PMD_SIZE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (pool == MAP_FAILED)
		die("pool");
	pool += (PMD_SIZE_BYTES - (uintptr_t)pool % PMD_SIZE_BYTES) % PMD_SIZE_BYTES;
	madvise(pool, n * PMD_SIZE_BYTES, MADV_HUGEPAGE);
	memset(pool, 1, n * PMD_SIZE_BYTES);
	return pool;
}

/* Sleeps as the pace wants, then collapses and is charged for it; returns the CPU time. */
static uint64_t collapse_one(int pidfd, uint64_t slot, char *spare, struct pace *pace, int *err)
{
	uint64_t began, worked;

	if (pace->budget_us)
		sleep_until(pace_next_ns(pace, clock_boot_ns()));
	madvise(spare, PMD_SIZE_BYTES, MADV_DONTNEED);
	began = clock_thread_cpu_ns();
	*err = collapse_slot(pidfd, slot, NULL, NULL);
	worked = clock_thread_cpu_ns() - began;
	pace_charge(pace, worked, clock_boot_ns());
	return worked;
}

static void collapse_all(uint32_t pid, uint64_t budget_us)
{
	uint64_t *slots, worked_ns = 0, began;
	size_t n = read_addresses(&slots), n_failed = 0;
	char *pool = fill_pool(n);
	int pidfd = open_pidfd(pid), err;
	struct pace pace;

	began = clock_boot_ns();
	pace_start(&pace, budget_us, began);
	for (size_t i = 0; i < n; i++) {
		worked_ns += collapse_one(pidfd, slots[i], pool + i * PMD_SIZE_BYTES, &pace, &err);
		n_failed += err != 0;
	}
	printf("%zu %zu %.1f %.1f\n", n - n_failed, n_failed, (double)worked_ns / 1e6,
	       (double)(clock_boot_ns() - began) / 1e6);
	close(pidfd);
	free(slots);
}

int main(int argc, char **argv)
{
	uint32_t pid = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	if (argc == 4 && strcmp(argv[1], "rates") == 0)
		tell_rates(pid, strtod(argv[3], NULL));
	else if (argc > 2 && strcmp(argv[1], "collapse") == 0)
		collapse_all(pid, argc > 3 ? strtoull(argv[3], NULL, 10) : PACE_DEFAULT_BUDGET_US);
	else
		return 2;
	return 0;
}
