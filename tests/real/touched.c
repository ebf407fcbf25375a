// SPDX-License-Identifier: GPL-2.0
/*
 * What of the memory of some processes is touched within some seconds, and what of it is huge: the truth that hotdamon
 * is measured by, from their page tables. In a virtual machine only, and while nobody else clears accessed bits there
 * (a kdamond does).
 *
 * Idle page tracking would be the kernel's own way, but Debian's kernels are built without; "Referenced" in smaps is a
 * sum per mapping, and the kernel's page flags know of an access only after somebody asked. So the accessed bits are
 * cleared through /proc/PID/clear_refs, and read from the page tables themselves. With --seconds 0 nothing is cleared:
 * what is huge is still true, what is touched is not.
 *
 * Memory is told by slots of 2 MiB. A slot is in use if at least 8 of its pages were touched, and dense if at least 3/4
 * of them are there. Memory that several of the processes share, or that is mapped several times, counts once.
 */
#include "touched_kcore.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAGE_BYTES   UINT64_C(4096)
#define SLOT_BYTES   (UINT64_C(1) << SLOT_SHIFT)
#define IN_USE_PAGES 8
#define DENSE_PAGES  384

enum kind { ANON, SHMEM, FILES, N_KINDS };
static const char *const kind_names[N_KINDS] = {"anon", "shmem", "file"};

struct slot {
	uint64_t owner; /* pid; of shared memory the device and inode */
	enum kind kind;
	uint64_t address; /* of shared memory the offset in its file */
	bool whole;	  /* lies in one mapping, so that it could be huge */
	bool huge;
	uint64_t present[TABLE_N / 64], touched[TABLE_N / 64]; /* a bit for each page */
};

struct slots {
	struct slot *at;
	size_t n, room;
};

struct mapping {
	uint64_t owner;
	enum kind kind;
	uint64_t start, end;
	uint64_t shift; /* what is added to an address to know the slot and its page, modulo 2^64 */
};

static struct slot *slots_add(struct slots *s)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		struct slot *at = realloc(s->at, room * sizeof(*at));

		if (!at)
			return NULL;
		s->at = at;
		s->room = room;
	}
	s->at[s->n] = (struct slot){0};
	return &s->at[s->n++];
}

static int slot_order(const void *left, const void *right)
{
	const struct slot *a = left, *b = right;

	if (a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->address < b->address ? -1 : a->address > b->address;
}

/* Sorts, and makes one of what is there twice: by several processes, or by two mappings that share a slot. */
static void slots_merge(struct slots *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->at, s->n, sizeof(*s->at), slot_order);
	for (size_t i = 0; i < s->n; i++) {
		if (!n || slot_order(&s->at[n - 1], &s->at[i]) != 0) {
			s->at[n++] = s->at[i];
			continue;
		}
		s->at[n - 1].whole |= s->at[i].whole;
		s->at[n - 1].huge |= s->at[i].huge;
		for (size_t w = 0; w < TABLE_N / 64; w++) {
			s->at[n - 1].present[w] |= s->at[i].present[w];
			s->at[n - 1].touched[w] |= s->at[i].touched[w];
		}
	}
	s->n = n;
}

static unsigned count_bits(const uint64_t bits[TABLE_N / 64])
{
	unsigned n = 0;

	for (size_t w = 0; w < TABLE_N / 64; w++)
		n += (unsigned)__builtin_popcountll(bits[w]);
	return n;
}

static bool is_in_use(const struct slot *s)
{
	return count_bits(s->touched) >= IN_USE_PAGES;
}

/* What can be judged by: whole, dense and in use. */
static bool is_wanted(const struct slot *s)
{
	return s->whole && is_in_use(s) && count_bits(s->present) >= DENSE_PAGES;
}

/* ---- reading ---- */

static void take_page(struct slot *s, size_t page, uint64_t entry)
{
	s->present[page / 64] |= 1ULL << page % 64;
	if (entry & PTE_ACCESSED)
		s->touched[page / 64] |= 1ULL << page % 64;
}

/* The slot that [start, end) of the mapping is a part of; it is all of it if that is 2 MiB. */
static struct slot *add_slot(const struct mapping *m, uint64_t start, uint64_t end, struct slots *out)
{
	struct slot *s = slots_add(out);

	if (!s)
		return NULL;
	s->owner = m->owner;
	s->kind = m->kind;
	s->address = (start + m->shift) & ~(SLOT_BYTES - 1);
	s->whole = end - start == SLOT_BYTES && (start + m->shift) % SLOT_BYTES == 0;
	return s;
}

/*
 * The part [start, end) of 2 MiB of addresses. Of a shared mapping that is not aligned as its file is, these are two
 * slots.
 */
static int read_slot(const struct kcore *k, const struct mapping *m, uint64_t entry, uint64_t start,
		     uint64_t end, struct slots *out)
{
	uint64_t table[TABLE_N] = {0};
	struct slot *s = NULL;

	if (!(entry & PTE_LEAF) && !kcore_table(k, entry, table))
		return 0;
	for (uint64_t at = start; at < end; at += PAGE_BYTES) {
		uint64_t page = entry & PTE_LEAF ? entry : table[at / PAGE_BYTES % TABLE_N];

		if (!s || (at + m->shift) % SLOT_BYTES == 0)
			s = add_slot(m, at, end, out);
		if (!s)
			return -ENOMEM;
		s->huge = entry & PTE_LEAF;
		if (page & PTE_PRESENT)
			take_page(s, (at + m->shift) / PAGE_BYTES % TABLE_N, page);
	}
	return 0;
}

static int read_mapping(const struct kcore *k, uint64_t pgd, const struct mapping *m, struct slots *out)
{
	uint64_t at = m->start;

	while (at < m->end) {
		uint64_t entry, next;
		int shift, error;

		if (!kcore_entry(k, pgd, at, &entry, &shift))
			return 0; /* freed meanwhile */
		next = (at | ((1ULL << shift) - 1)) + 1;
		if (next > m->end || next == 0)
			next = m->end;
		if (entry & PTE_PRESENT && shift == SLOT_SHIFT) {
			error = read_slot(k, m, entry, at, next, out);
			if (error)
				return error;
		}
		at = next;
	}
	return 0;
}

static enum kind kind_of(const char *line, char shared, uint64_t inode)
{
	static const char *const names[] = {"/dev/zero", "/memfd:", "/dev/shm/", "/SYSV"};

	if (shared == 's')
		return SHMEM;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strstr(line, names[i]))
			return SHMEM;
	return inode ? FILES : ANON;
}

/* False: no mapping of user space. */
static bool parse_mapping(const char *line, int pid, struct mapping *m)
{
	uint64_t offset, major, minor, inode;
	char shared;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*3c%c %" SCNx64 " %" SCNx64 ":%" SCNx64 " %" SCNu64,
		   &m->start, &m->end, &shared, &offset, &major, &minor, &inode) != 7 ||
	    m->start >> 63)
		return false;
	m->kind = kind_of(line, shared, inode);
	m->owner = m->kind == SHMEM ? (major << 56) ^ (minor << 48) ^ inode : (uint64_t)pid;
	m->shift = m->kind == SHMEM ? offset - m->start : 0;
	return true;
}

static int read_process(const struct kcore *k, int pid, struct slots *out)
{
	char path[64], *line = NULL;
	size_t room = 0;
	struct mapping m;
	uint64_t pgd;
	FILE *f;
	int error = kcore_pgd(k, pid, &pgd);

	if (error)
		return error;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (!error && getline(&line, &room, f) > 0)
		if (parse_mapping(line, pid, &m))
			error = read_mapping(k, pgd, &m, out);
	free(line);
	fclose(f);
	return error;
}

/*
 * 1 clears the accessed bits, without a flush of the TLB: what it holds would be touched unseen. 4 clears the soft-dirty
 * bits, that nobody wants, with one.
 */
static int clear_accessed(int pid)
{
	char path[64];
	int fd, error = 0;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, "1", 1) != 1 || write(fd, "4", 1) != 1)
		error = -errno;
	close(fd);
	return error;
}

/* ---- telling ---- */

static void tell_kind(const struct slots *s, enum kind kind)
{
	uint64_t present = 0, touched = 0, huge = 0, huge_touched = 0;

	for (size_t i = 0; i < s->n; i++) {
		uint64_t in_use = count_bits(s->at[i].touched);

		if (s->at[i].kind != kind)
			continue;
		present += count_bits(s->at[i].present);
		touched += in_use;
		huge += s->at[i].huge ? count_bits(s->at[i].present) : 0;
		huge_touched += s->at[i].huge ? in_use : 0;
	}
	printf(",\"%s\":{\"present_bytes\":%" PRIu64 ",\"touched_bytes\":%" PRIu64 ",\"huge_bytes\":%" PRIu64
	       ",\"huge_touched_bytes\":%" PRIu64 "}",
	       kind_names[kind], present * PAGE_BYTES, touched * PAGE_BYTES, huge * PAGE_BYTES,
	       huge_touched * PAGE_BYTES);
}

static void tell_slots(const struct slots *s)
{
	unsigned n_in_use = 0, n_dense = 0, n_dense_huge = 0, n_huge = 0, n_huge_idle = 0;

	for (size_t i = 0; i < s->n; i++) {
		bool wanted = is_wanted(&s->at[i]);

		n_in_use += s->at[i].whole && is_in_use(&s->at[i]);
		n_dense += wanted;
		n_dense_huge += wanted && s->at[i].huge;
		n_huge += s->at[i].huge;
		n_huge_idle += s->at[i].huge && !is_in_use(&s->at[i]);
	}
	printf(",\"slots\":{\"in_use\":%u,\"in_use_dense\":%u,\"in_use_dense_huge\":%u,\"huge\":%u,\"huge_"
	       "idle\":%u}",
	       n_in_use, n_dense, n_dense_huge, n_huge, n_huge_idle);
}

static const struct slot *slots_find(const struct slots *s, const struct slot *key)
{
	return s->n ? bsearch(key, s->at, s->n, sizeof(*s->at), slot_order) : NULL;
}

/* What was wanted before, and is huge now; and what is huge now, and was neither that nor in use. */
static void tell_since(const struct slots *before, const struct slots *s)
{
	unsigned n_wanted = 0, n_wanted_huge = 0, n_gone = 0, n_cold = 0;

	for (size_t i = 0; i < before->n; i++) {
		const struct slot *is = slots_find(s, &before->at[i]);

		if (!is_wanted(&before->at[i]))
			continue;
		n_wanted++;
		n_wanted_huge += is && is->huge;
		n_gone += !is;
	}
	for (size_t i = 0; i < s->n; i++) {
		const struct slot *was = slots_find(before, &s->at[i]);

		n_cold += s->at[i].huge && was && !was->huge && !is_in_use(was);
	}
	printf(",\"since\":{\"in_use_dense\":%u,\"of_these_huge\":%u,\"of_these_gone\":%u,\"idle_made_huge\":"
	       "%u}",
	       n_wanted, n_wanted_huge, n_gone, n_cold);
}

/* ---- what was before ---- */

static int slots_save(const struct slots *s, const char *path)
{
	FILE *f = fopen(path, "we");
	int error = 0;

	if (!f)
		return -errno;
	if (s->n && fwrite(s->at, sizeof(*s->at), s->n, f) != s->n)
		error = -EIO;
	if (fclose(f) && !error)
		error = -errno;
	return error;
}

static int slots_load(struct slots *s, const char *path)
{
	FILE *f = fopen(path, "re");
	struct slot one;

	if (!f)
		return -errno;
	while (fread(&one, sizeof(one), 1, f) == 1) {
		struct slot *to = slots_add(s);

		if (!to) {
			fclose(f);
			return -ENOMEM;
		}
		*to = one;
	}
	fclose(f);
	return 0;
}

static int complain(const char *what, int error)
{
	fprintf(stderr, "touched: %s: %s\n", what, strerror(-error));
	return 1;
}

struct options {
	double seconds;
	const char *save, *since;
	char **pids;
};

static struct options take_options(int argc, char **argv)
{
	static const struct option longs[] = {{"seconds", required_argument, NULL, 's'},
					      {"save", required_argument, NULL, 'w'},
					      {"since", required_argument, NULL, 'r'},
					      {0}};
	struct options o = {.seconds = 10};
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (option) {
		case 's':
			o.seconds = atof(optarg);
			break;
		case 'w':
			o.save = optarg;
			break;
		case 'r':
			o.since = optarg;
			break;
		default:
			exit(2);
		}
	o.pids = argv + optind;
	if (!*o.pids || o.seconds < 0 || o.seconds > 3600) {
		fprintf(stderr, "usage: touched [--seconds N] [--save FILE] [--since FILE] PID...\n");
		exit(2);
	}
	return o;
}

/* Clears, waits and reads. */
static int observe(const struct kcore *k, const struct options *o, struct slots *out)
{
	struct timespec wait = {.tv_sec = (time_t)o->seconds};
	int error;

	for (char **pid = o->pids; *pid && o->seconds > 0; pid++)
		if ((error = clear_accessed(atoi(*pid))) != 0)
			return error;
	wait.tv_nsec = (long)((o->seconds - (double)wait.tv_sec) * 1e9);
	while (nanosleep(&wait, &wait) && errno == EINTR)
		;
	for (char **pid = o->pids; *pid; pid++)
		if ((error = read_process(k, atoi(*pid), out)) != 0)
			return error;
	slots_merge(out);
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = take_options(argc, argv);
	struct slots slots = {0}, before = {0};
	struct kcore k;
	int error;

	if (o.since && (error = slots_load(&before, o.since)) != 0)
		return complain(o.since, error);
	if (kcore_open(&k))
		return 1;
	if ((error = observe(&k, &o, &slots)) != 0)
		return complain("the processes", error);
	if (o.save && (error = slots_save(&slots, o.save)) != 0)
		return complain(o.save, error);
	printf("{\"seconds\":%g", o.seconds);
	for (enum kind kind = ANON; kind < N_KINDS; kind++)
		tell_kind(&slots, kind);
	tell_slots(&slots);
	if (o.since)
		tell_since(&before, &slots);
	printf("}\n");
	kcore_close(&k);
	free(slots.at);
	free(before.at);
	return 0;
}
