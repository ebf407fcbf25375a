// SPDX-License-Identifier: GPL-2.0
/*
 * Loads to which a collapse would add memory: slots of 2 MiB that are hot and in part not there, shared by a fork, or merged
 * by KSM.
 *
 *   room_load part NAME SLOTS PAGES   PAGES of each slot are there; at SIGUSR1 it wants 8 MiB more, and ends with 7
 *   room_load fork NAME SLOTS N       a parent that sleeps, and N children named NAME that read what they have of it, and
 *                                     twice as much of their own
 *   room_load same NAME SLOTS 512     all their pages are the same, and KSM may merge them; and twice as much that it may not
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MIB	   (1UL << 20)
#define SLOT	   (2 * MIB)
#define PAGE	   4096UL
#define SLOT_PAGES (SLOT / PAGE)
#define WANTS	   (8 * MIB)
#define FLUSH	   (256UL << 10)

static volatile sig_atomic_t wants;

static void want(int signal)
{
	(void)signal;
	wants = 1;
}

static char *map(size_t size)
{
	char *found = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (found == MAP_FAILED) {
		perror("room_load: mmap");
		exit(1);
	}
	return found;
}

static char *map_slots(size_t slots)
{
	char *found = map((slots + 1) * SLOT);

	return (char *)(((uintptr_t)found + SLOT - 1) & ~(SLOT - 1));
}

static void touch(char *at, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		at[i * PAGE] = 1;
}

/* An emulated TLB hardly evicts: what is accessed again and again looks idle to DAMON if it is not flushed. */
static void flush(void)
{
	char *found = map(FLUSH);

	touch(found, FLUSH / PAGE);
	munmap(found, FLUSH);
}

static _Noreturn void take_more(void)
{
	touch(map(WANTS), WANTS / PAGE);
	_exit(7);
}

static void read_slots(const char *heap, size_t slots, size_t pages)
{
	for (size_t slot = 0; slot < slots; slot++)
		for (size_t i = 0; i < pages; i++)
			(void)*(const volatile char *)(heap + slot * SLOT + i * PAGE);
}

static _Noreturn void read_on(const char *heap, size_t slots, size_t pages, size_t own_slots)
{
	char *own = map_slots(own_slots);

	touch(own, own_slots * SLOT_PAGES);
	for (;;) {
		read_slots(heap, slots, pages);
		read_slots(own, own_slots, SLOT_PAGES);
		flush();
		usleep(1000);
		if (wants)
			take_more();
	}
}

static _Noreturn void run_children(const char *name, const char *heap, size_t slots, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		read_on(heap, slots, SLOT_PAGES, 2 * slots);
	}
	for (;;)
		pause();
}

static unsigned long number(const char *text, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || !value || value > most) {
		fprintf(stderr, "room_load: 1 to %lu is wanted, not '%s'\n", most, text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	size_t slots, pages = SLOT_PAGES;
	char *heap;

	if (argc != 5) {
		fprintf(stderr, "usage: room_load part|fork|same NAME SLOTS N\n");
		return 2;
	}
	slots = number(argv[3], 4096);
	if (!strcmp(argv[1], "part"))
		pages = number(argv[4], SLOT_PAGES);
	signal(SIGUSR1, want);
	heap = map_slots(slots);
	for (size_t slot = 0; slot < slots; slot++)
		touch(heap + slot * SLOT, pages);
	if (!strcmp(argv[1], "fork"))
		run_children(argv[2], heap, slots, number(argv[4], 64));
	if (!strcmp(argv[1], "same") && madvise(heap, slots * SLOT, MADV_MERGEABLE) < 0) {
		perror("room_load: MADV_MERGEABLE");
		return 1;
	}
	prctl(PR_SET_NAME, argv[2]);
	read_on(heap, slots, pages, strcmp(argv[1], "part") ? 2 * slots : 0);
}
