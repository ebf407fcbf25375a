// SPDX-License-Identifier: GPL-2.0
#include "sense/miss.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sense/pagemap.h"
#include "sense/pressure.h"

/* Newer than the C library's headers of some distributions. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define PAGE_BYTES     4096
#define ARENA_SLOTS    (MISS_ARENA_BYTES / PMD_SIZE_BYTES)
#define ROUND_ACCESSES 10000 /* some ms: a round in which something else ran is one of many */
#define WARM_ACCESSES  1000  /* before: the other arena's pages leave the TLB */
#define CPU_LIMIT_S    10    /* for a kernel that hangs in a collapse; the rest looks at its own time */
#define ALARM_S	       60 /* of a host so busy that the lowest priority does not get a second in a minute */

_Static_assert(sizeof(struct miss_result) <= 4096, "one write of it into a pipe is whole");

/* Two of the same size, in small pages at first. */
struct arenas {
	char *small, *huge;
};

static bool fail(struct miss_result *result, const char *why)
{
	result->why = why;
	return false;
}

/* In small pages, each touched. */
static char *map_small(void)
{
	size_t bytes = MISS_ARENA_BYTES + PMD_SIZE_BYTES;
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	memory += (PMD_SIZE_BYTES - (uintptr_t)memory % PMD_SIZE_BYTES) % PMD_SIZE_BYTES;
	if (madvise(memory, MISS_ARENA_BYTES, MADV_NOHUGEPAGE))
		return NULL;
	for (size_t at = 0; at < MISS_ARENA_BYTES; at += PAGE_BYTES)
		*(volatile char *)(memory + at) = 0;
	return memory;
}

/* Slot by slot, as the executor does; the time of each is a measure in itself. */
static bool collapse(char *memory, struct miss_result *result)
{
	double took_ns[ARENA_SLOTS];

	if (madvise(memory, MISS_ARENA_BYTES, MADV_HUGEPAGE))
		return fail(result, "this kernel gives us no huge pages");
	for (size_t i = 0; i < ARENA_SLOTS; i++) {
		uint64_t began_ns = clock_thread_cpu_ns();

		if (madvise(memory + i * PMD_SIZE_BYTES, PMD_SIZE_BYTES, MADV_COLLAPSE))
			return fail(result, "our own memory does not collapse");
		took_ns[i] = (double)(clock_thread_cpu_ns() - began_ns);
	}
	result->collapse_ns = cost_median(took_ns, ARENA_SLOTS);
	return true;
}

static bool is_of_kind(const char *memory, bool huge)
{
	struct slot_pages pages[ARENA_SLOTS];
	uint64_t slots[ARENA_SLOTS];

	for (size_t i = 0; i < ARENA_SLOTS; i++)
		slots[i] = (uintptr_t)memory + i * PMD_SIZE_BYTES;
	if (slot_pages_read("/proc", (uint32_t)getpid(), slots, ARENA_SLOTS, pages))
		return false;
	for (size_t i = 0; i < ARENA_SLOTS; i++)
		if (pages[i].huge != huge || pages[i].present != SLOT_PAGES)
			return false;
	return true;
}

/* Each address hangs on what was read before: nothing is read ahead, and a miss is waited for. */
static uint64_t chase(const volatile uint64_t *words, uint64_t seed, unsigned int accesses)
{
	for (unsigned int i = 0; i < accesses; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		seed += words[seed % (MISS_ARENA_BYTES / sizeof(*words))];
	}
	return seed;
}

static double access_ns(const char *memory, uint64_t *seed)
{
	const volatile uint64_t *words = (const void *)memory;
	uint64_t began_ns, took_ns;

	*seed = chase(words, *seed, WARM_ACCESSES);
	began_ns = clock_thread_cpu_ns();
	*seed = chase(words, *seed, ROUND_ACCESSES);
	took_ns = clock_thread_cpu_ns() - began_ns;
	return (double)took_ns / ROUND_ACCESSES;
}

static void run_rounds(const struct arenas *arenas, uint64_t began_ns, struct miss_result *result)
{
	uint64_t seed = UINT64_C(88172645463325252);

	for (unsigned int i = 0; i < COST_MAX_ROUNDS; i++) {
		if (i >= COST_LEAST_ROUNDS && clock_thread_cpu_ns() - began_ns > MISS_CPU_NS)
			return;
		result->rounds[i].small_ns = access_ns(arenas->small, &seed);
		result->rounds[i].huge_ns = access_ns(arenas->huge, &seed);
		result->n_rounds = i + 1;
	}
}

static void measure(struct miss_result *result)
{
	uint64_t began_ns = clock_thread_cpu_ns();
	struct arenas arenas;

	*result = (struct miss_result){0};
	arenas = (struct arenas){.small = map_small(), .huge = map_small()};
	if (!arenas.small || !arenas.huge)
		fail(result, "no memory for it");
	else if (!collapse(arenas.huge, result))
		return;
	else if (!is_of_kind(arenas.huge, true) || !is_of_kind(arenas.small, false))
		fail(result, "its memory did not become huge, or did not stay small");
	else
		run_rounds(&arenas, began_ns, result);
}

bool miss_has_room(const char *proc_root)
{
	struct memory_pressure pressure = {0};

	pressure_read(proc_root, &pressure);
	return pressure.memory_known && pressure.available_bytes / MISS_MEMORY_SHARE >= 2 * MISS_ARENA_BYTES;
}

static void write_oom_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "1000", 4);
	close(fd);
}

/*
 * Nothing of the parent's is kept but the pipe: not its locks, not its signals, and not its ban of huge pages. Whatever
 * happens, it does not outlive it; and where memory is short, it is what the kernel takes.
 */
static void become_probe(pid_t parent, int fd, bool background)
{
	struct rlimit cpu = {CPU_LIMIT_S, CPU_LIMIT_S};
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(fd, STDERR_FILENO + 1) < 0)
		_exit(1);
	close_range(STDERR_FILENO + 2, ~0U, 0);
	prctl(PR_SET_NAME, "hotdamon-miss");
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CPU, &cpu);
	if (background)
		setpriority(PRIO_PROCESS, 0, 19);
	write_oom_score();
	signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(ALARM_S);
}

static void be_probe(pid_t parent, int fd, bool background)
{
	struct miss_result result;

	become_probe(parent, fd, background);
	measure(&result);
	_exit(write(STDERR_FILENO + 1, &result, sizeof(result)) != sizeof(result));
}

int miss_start(struct miss_probe *probe, bool background)
{
	pid_t parent = getpid(), child;
	int ends[2];

	*probe = (struct miss_probe){0};
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork();
	if (!child)
		be_probe(parent, ends[1], background);
	close(ends[1]);
	if (child < 0) {
		int err = -errno;

		close(ends[0]);
		return err;
	}
	*probe = (struct miss_probe){.child = child, .fd = ends[0]};
	return 0;
}

const char *miss_take(const struct miss_probe *probe, struct cost_measure *measure)
{
	struct miss_result result;
	struct cost_miss miss;
	ssize_t got;

	do
		got = read(probe->fd, &result, sizeof(result));
	while (got < 0 && errno == EINTR);
	if (got != sizeof(result)) /* killed, for want of memory; or its time was over */
		return "it did not come to an end";
	if (result.why)
		return result.why;
	if (!cost_of_rounds(result.rounds, result.n_rounds, &miss))
		return "too few rounds";
	*measure = (struct cost_measure){.miss = miss, .collapse_ns = result.collapse_ns};
	return NULL;
}

void miss_stop(struct miss_probe *probe)
{
	if (!probe->child)
		return;
	kill(probe->child, SIGKILL);
	while (waitpid(probe->child, NULL, 0) < 0 && errno == EINTR)
		;
	close(probe->fd);
	*probe = (struct miss_probe){0};
}
