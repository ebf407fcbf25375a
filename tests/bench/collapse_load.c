// SPDX-License-Identifier: GPL-2.0
#include "collapse_load.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"

struct board *board;
uint64_t arena_bytes;

void die(const char *what)
{
	fprintf(stderr, "collapse: %s: %s\n", what, strerror(errno));
	exit(1);
}

void sleep_until(uint64_t when_ns)
{
	struct timespec when = {.tv_sec = (time_t)(when_ns / NS_PER_S),
				.tv_nsec = (long)(when_ns % NS_PER_S)};

	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &when, NULL) == EINTR)
		;
}

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int power = 63 - (unsigned int)__builtin_clzll(ns | 1);

	if (power < 5)
		return (unsigned int)ns;
	return power * PARTS + (unsigned int)(ns >> (power - 5) & (PARTS - 1));
}

uint64_t bucket_ns(unsigned int bucket)
{
	unsigned int power = bucket / PARTS;

	return power < 5 ? bucket : (uint64_t)(PARTS + bucket % PARTS) << (power - 5);
}

/* Each address hangs on what was read before, as in a walk through a tree. */
static uint64_t access_batch(volatile uint64_t *words, uint64_t seed)
{
	for (unsigned int i = 0; i < BATCH; i++) {
		volatile uint64_t *word;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		word = &words[seed % (arena_bytes / sizeof(*words))];
		if (i % WRITE_ONE)
			seed += *word;
		else
			*word = seed;
	}
	return seed | 1;
}

static void note(struct timing *timing, uint64_t ns)
{
	atomic_fetch_add_explicit(&timing->batches, 1, memory_order_relaxed);
	timing->ns += ns;
	timing->histogram[bucket_of(ns)]++;
	if (ns > timing->longest_ns)
		timing->longest_ns = ns;
}

static void *run_load(void *arg)
{
	struct timing *timings = arg;
	uint64_t seed = (uint64_t)(timings - board->timings[0]) * 0x9e3779b97f4a7c15 + 88172645463325252;
	volatile uint64_t *words = (uint64_t *)(uintptr_t)atomic_load(&board->arena); /* NOLINT */
	uint64_t before = clock_boot_ns(), after;

	for (;;) {
		int phase = atomic_load_explicit(&board->phase, memory_order_relaxed);

		seed = access_batch(words, seed);
		after = clock_boot_ns();
		note(&timings[phase], after - before);
		before = after;
	}
	return NULL;
}

char *map_aligned(void)
{
	char *memory = mmap(NULL, arena_bytes + PMD_SIZE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("memory");
	return memory + (PMD_SIZE_BYTES - (uintptr_t)memory % PMD_SIZE_BYTES) % PMD_SIZE_BYTES;
}

/* In small pages, whatever the mode here is. */
static void *make_arena(void)
{
	char *memory = map_aligned();

	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	memset(memory, 0x5a, arena_bytes);
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	return memory;
}

void be_load(void)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	atomic_store(&board->arena, (uintptr_t)make_arena());
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, run_load, board->timings[i]))
			die("pthread_create");
	for (;;)
		pause();
}
