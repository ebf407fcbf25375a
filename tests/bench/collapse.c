// SPDX-License-Identifier: GPL-2.0
/*
 * What a collapse costs the process whose memory it is, on this machine's real MMU: the executor's own parts
 * (mappings, page map, pace, process_madvise) against a load of random accesses; DAMON has no part in it.
 *
 *   collapse [MIB [BUDGET_US]]
 *
 * The load notes how long each small batch of accesses took. Paced, half of the time nothing is collapsed, in
 * turns of half a second, so that what is compared is a moment apart: other load and the gain drop out.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "act/collapse.h"
#include "base/clock.h"
#include "collapse_load.h"
#include "decide/pace.h"
#include "sense/pagemap.h"
#include "sense/pressure.h"
#include "sense/vma.h"

#define TURN_NS	  500000000ULL /* paced: so long with, so long without */
#define MAX_TURNS 1000
#define STEADY_NS 3000000000ULL

/* ---- the one who collapses ---- */

struct target {
	pid_t pid;
	int pidfd;
	char *pool;
	uint64_t *slots;
	size_t n, next;
	uint64_t tries, failures, took_ns, longest_ns, worked_ns;
	int last_failure;
};

/* Paced: the load's throughput in each turn with, to the one without that follows. */
struct turns {
	double seconds; /* of the turns with */
	size_t n;
	double kept[MAX_TURNS];
};

static bool ask(void *arg, uint64_t slot)
{
	return collapse_allowed(*(int *)arg, slot) == 1;
}

/* The arena's slots that the executor would take: in a collapsible mapping, populated, and small. */
static void find_slots(struct target *target)
{
	uint64_t first = atomic_load(&board->arena);
	size_t all = arena_bytes / PMD_SIZE_BYTES, n = 0;
	struct slot_pages *pages = calloc(all, sizeof(*pages));
	struct vma_asking asking = {.ask = ask, .arg = &target->pidfd, .now_ns = 1, .left = UINT_MAX};
	struct vma_map map = {0};

	target->slots = calloc(all, sizeof(*target->slots));
	if (!pages || !target->slots)
		die("calloc");
	for (size_t i = 0; i < all; i++)
		target->slots[i] = first + i * PMD_SIZE_BYTES;
	errno = -slot_pages_read("/proc", (uint32_t)target->pid, target->slots, all, pages);
	if (errno)
		die("pagemap");
	errno = -vma_map_look(&map, "/proc", (uint32_t)target->pid);
	if (errno)
		die("maps");
	for (size_t i = 0; i < all; i++)
		if (vma_map_ask(&map, target->slots[i], &asking) == VMA_YES && !pages[i].huge &&
		    pages[i].present == SLOT_PAGES)
			target->slots[n++] = target->slots[i];
	target->n = n;
	vma_map_free(&map);
	free(pages);
}

/*
 * Huge pages for the collapses: each is given back just before one. A virtual machine's host may take back
 * what is free (free page reporting), and to touch it then takes ten times as long as a collapse; that is the
 * host's affair.
 */
static void fill_pool(struct target *target)
{
	target->pool = map_aligned();
	madvise(target->pool, arena_bytes, MADV_HUGEPAGE);
	memset(target->pool, 1, arena_bytes);
}

static struct target start_target(void)
{
	struct target target = {0};

	memset(board, 0, sizeof(*board));
	target.pid = fork();
	if (target.pid < 0)
		die("fork");
	if (!target.pid)
		be_load();
	target.pidfd = (int)syscall(SYS_pidfd_open, target.pid, 0);
	if (target.pidfd < 0)
		die("pidfd_open");
	while (!atomic_load(&board->arena))
		sleep_until(clock_boot_ns() + NS_PER_S / 100);
	fill_pool(&target);
	find_slots(&target);
	return target;
}

static void end_target(struct target *target)
{
	kill(target->pid, SIGKILL);
	waitpid(target->pid, NULL, 0);
	close(target->pidfd);
	munmap(target->pool, arena_bytes);
	free(target->slots);
}

/* The next slot; what it worked is what is charged. */
static uint64_t collapse_next(struct target *target)
{
	uint64_t began, cpu_began, took, worked;
	int err;

	madvise(target->pool + target->next * PMD_SIZE_BYTES, PMD_SIZE_BYTES, MADV_DONTNEED);
	began = clock_boot_ns();
	cpu_began = clock_thread_cpu_ns();
	err = collapse_slot(target->pidfd, target->slots[target->next++], NULL, NULL);
	worked = clock_thread_cpu_ns() - cpu_began;
	took = clock_boot_ns() - began;
	target->tries++;
	target->took_ns += took;
	target->worked_ns += worked;
	if (took > target->longest_ns)
		target->longest_ns = took;
	if (err) {
		target->failures++;
		target->last_failure = err;
	}
	return worked;
}

static void hold_phase(enum phase phase, uint64_t ns)
{
	atomic_store(&board->phase, phase);
	sleep_until(clock_boot_ns() + ns);
}

static void collapse_unpaced(struct target *target)
{
	atomic_store(&board->phase, UNPACED);
	while (target->next < target->n)
		collapse_next(target);
}

static void collapse_turn(struct target *target, struct pace *pace, uint64_t end_ns)
{
	while (target->next < target->n) {
		uint64_t when = pace_next_ns(pace, clock_boot_ns()), worked;

		sleep_until(when < end_ns ? when : end_ns);
		if (when >= end_ns)
			return;
		worked = collapse_next(target);
		pace_charge(pace, worked, clock_boot_ns());
	}
}

static uint64_t batches_of(enum phase phase)
{
	uint64_t batches = 0;

	for (size_t i = 0; i < THREADS; i++)
		batches += atomic_load_explicit(&board->timings[i][phase].batches, memory_order_relaxed);
	return batches;
}

/* Batches per second since then. */
static double speed_since(enum phase phase, uint64_t batches, uint64_t began_ns)
{
	return (double)(batches_of(phase) - batches) * NS_PER_S / (double)(clock_boot_ns() - began_ns);
}

/* A turn with, and one without; the pace stands still in the latter. */
static void take_turns(struct target *target, struct pace *pace, struct turns *turns)
{
	uint64_t began = clock_boot_ns(), with_batches = batches_of(WITH),
		 without_batches = batches_of(WITHOUT);
	double with, without;

	pace_set_share(pace, 100, began);
	atomic_store(&board->phase, WITH);
	collapse_turn(target, pace, began + TURN_NS);
	with = speed_since(WITH, with_batches, began);
	turns->seconds += (double)(clock_boot_ns() - began) / NS_PER_S;
	began = clock_boot_ns();
	pace_set_share(pace, 0, began);
	hold_phase(WITHOUT, TURN_NS);
	without = speed_since(WITHOUT, without_batches, began);
	if (turns->n < MAX_TURNS)
		turns->kept[turns->n++] = with / without;
}

static void collapse_paced(struct target *target, uint64_t budget_us, struct turns *turns)
{
	struct pace pace;

	pace_start(&pace, budget_us, clock_boot_ns());
	while (target->next < target->n)
		take_turns(target, &pace, turns);
}

/* How many of the arena's slots are huge now, by the page map. */
static size_t count_huge(const struct target *target)
{
	struct slot_pages *pages = calloc(target->n ? target->n : 1, sizeof(*pages));
	size_t huge = 0;

	if (!pages || slot_pages_read("/proc", (uint32_t)target->pid, target->slots, target->n, pages))
		die("pagemap");
	for (size_t i = 0; i < target->n; i++)
		huge += pages[i].huge;
	free(pages);
	return huge;
}

/* ---- the table ---- */

static struct timing timing_of(enum phase phase)
{
	struct timing sum = {0};

	for (size_t i = 0; i < THREADS; i++) {
		const struct timing *one = &board->timings[i][phase];

		sum.batches += atomic_load(&one->batches);
		sum.ns += one->ns;
		sum.longest_ns = one->longest_ns > sum.longest_ns ? one->longest_ns : sum.longest_ns;
		for (size_t k = 0; k < BUCKETS; k++)
			sum.histogram[k] += one->histogram[k];
	}
	return sum;
}

static double mops(const struct timing *timing)
{
	return timing->ns ? (double)timing->batches * BATCH * THREADS / (double)timing->ns * 1000 : 0;
}

static double quantile_us(const struct timing *timing, double share)
{
	uint64_t want = (uint64_t)((double)timing->batches * share), seen = 0;

	for (unsigned int i = 0; i < BUCKETS; i++) {
		seen += timing->histogram[i];
		if (seen > want)
			return (double)bucket_ns(i) / 1000;
	}
	return (double)timing->longest_ns / 1000;
}

static void print_row(const char *name, enum phase phase, enum phase against)
{
	struct timing timing = timing_of(phase), other = timing_of(against);

	printf("%-38s %9.2f %8.3f %9.0f %9.0f %9.1f\n", name, mops(&timing), mops(&timing) / mops(&other),
	       quantile_us(&timing, 0.5), quantile_us(&timing, 0.999), (double)timing.longest_ns / 1e6);
}

static void print_calls(const char *name, const struct target *target, double seconds)
{
	double tries = target->tries ? (double)target->tries : 1;

	printf("%s: %zu of %zu slots huge after %" PRIu64 " calls in %.1f s, %.0f us each, %.0f of them "
	       "on a CPU, longest %.1f ms; "
	       "%" PRIu64 " failed%s%s\n",
	       name, count_huge(target), target->n, target->tries, seconds,
	       (double)target->took_ns / tries / 1000, (double)target->worked_ns / tries / 1000,
	       (double)target->longest_ns / 1e6, target->failures, target->failures ? ", last with " : "",
	       target->failures ? strerror(-target->last_failure) : "");
}

static bool run_unpaced(void)
{
	struct target target = start_target();
	uint64_t began;
	double seconds;
	bool fine;

	hold_phase(BEFORE, STEADY_NS);
	began = clock_boot_ns();
	collapse_unpaced(&target);
	seconds = (double)(clock_boot_ns() - began) / NS_PER_S;
	hold_phase(AFTER, STEADY_NS);
	print_row("unpaced: before", BEFORE, BEFORE);
	print_row("unpaced: while collapsing, to before", UNPACED, BEFORE);
	print_row("unpaced: after, to before", AFTER, BEFORE);
	print_calls("unpaced", &target, seconds);
	fine = target.n && count_huge(&target) * 100 >= target.n * 99;
	end_target(&target);
	return fine;
}

static int double_cmp(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of the turns: other load comes and goes, and hits some of them. */
static void print_kept(struct turns *turns)
{
	struct timing with = timing_of(WITH), without = timing_of(WITHOUT);
	size_t n = turns->n;

	qsort(turns->kept, n, sizeof(*turns->kept), double_cmp);
	printf("kept while collapsing paced: %.1f %% of the throughput in the median turn, %.1f to %.1f %% "
	       "in the "
	       "middle half of %zu (goal: 95 %%)\n",
	       100 * turns->kept[n / 2], 100 * turns->kept[n / 4], 100 * turns->kept[n * 3 / 4], n);
	printf("stall paced, 99.9th percentile above that of the turns without: %.2f ms (goal: at most 5 "
	       "ms)\n",
	       (quantile_us(&with, 0.999) - quantile_us(&without, 0.999)) / 1000);
}

static bool run_paced(uint64_t budget_us)
{
	struct target target = start_target();
	struct turns turns = {0};
	bool fine;

	hold_phase(BEFORE, STEADY_NS);
	collapse_paced(&target, budget_us, &turns);
	hold_phase(AFTER, STEADY_NS);
	print_row("paced: before", BEFORE, BEFORE);
	print_row("paced: turns without, to before", WITHOUT, BEFORE);
	print_row("paced: turns with, to those without", WITH, WITHOUT);
	print_row("paced: after, to before", AFTER, BEFORE);
	print_calls("paced", &target, turns.seconds);
	fine = target.n && count_huge(&target) * 100 >= target.n * 99;
	if (fine)
		print_kept(&turns);
	end_target(&target);
	return fine;
}

int main(int argc, char **argv)
{
	uint64_t mib = argc > 1 ? strtoull(argv[1], NULL, 10) : 2048;
	uint64_t budget_us = argc > 2 ? strtoull(argv[2], NULL, 10) : PACE_DEFAULT_BUDGET_US;
	struct utsname name;
	struct act_error error;
	bool fine;

	setvbuf(stdout, NULL, _IOLBF, 0);
	arena_bytes = mib * MIB_BYTES;
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED || !arena_bytes)
		die("memory");
	if (collapse_probe(&error)) {
		fprintf(stderr, "collapse: %s\n", error.text);
		return 1;
	}
	uname(&name);
	printf("%" PRIu64 " MiB, %d threads of random accesses, one in %d a write; Linux %s, %ld CPUs\n"
	       "budget: %" PRIu64 " us of stall per second\n\n",
	       mib, THREADS, WRITE_ONE, name.release, sysconf(_SC_NPROCESSORS_ONLN), budget_us);
	printf("%-38s %9s %8s %9s %9s %9s\n", "", "M/s", "ratio", "median us", "99.9 % us", "worst ms");
	fine = run_unpaced();
	fine &= run_paced(budget_us);
	printf("\na batch is %d accesses; us and ms are the times of batches, and a stall is one that took "
	       "long\n",
	       BATCH);
	return fine ? 0 : 1;
}
