/* SPDX-License-Identifier: GPL-2.0 */
/* One governor, the candidates it is shown, and what it said of them. */
#ifndef HOTDAMON_TESTS_GOVERNOR_WORLD_H
#define HOTDAMON_TESTS_GOVERNOR_WORLD_H

#include "cm.h"

#include <stdlib.h>

#include "decide/governor.h"

#define MIB 1048576ULL

/* A tick of the world: at most so many processes in a table's case. */
#define CASE_MAX 8

static const struct governor_config top3 = {
	.seats = 3,
	.min_cpu_pct = 10,
	.min_mem_bytes = 32 * MIB,
	.dwell_ticks = 3,
	.probe_ticks = 10,
};

struct world {
	struct governor *governor;
	const struct governor_move *moves;
	size_t n_moves;
	const struct governor_skip *skips;
	size_t n_skips;
};

static inline struct world world_new(struct governor_config config)
{
	struct world world = {.governor = governor_new(&config)};

	assert_non_null(world.governor);
	return world;
}

static inline struct world world_top(unsigned int seats)
{
	struct governor_config config = top3;

	config.seats = seats;
	return world_new(config);
}

static inline void world_free(struct world *world)
{
	governor_free(world->governor);
}

/* A hot enough and big enough process. */
static inline struct candidate hot(uint32_t tgid, double cpu_pct)
{
	struct candidate candidate = {
		.id = {.tgid = tgid, .start_time_ns = 1},
		.cpu_pct = cpu_pct,
		.member = {.key = tgid, .cpu_pct = cpu_pct}, /* each for itself */
		.anon_bytes = 312 * MIB,
	};

	snprintf(candidate.comm, sizeof(candidate.comm), "p%u", tgid);
	return candidate;
}

static inline struct candidate small(uint32_t tgid, double cpu_pct)
{
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.anon_bytes = MIB;
	return candidate;
}

static inline struct candidate barred(uint32_t tgid, double cpu_pct)
{
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.barred = "it opted out";
	return candidate;
}

static inline struct candidate excluded(uint32_t tgid, double cpu_pct)
{
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.excluded = true;
	return candidate;
}

static inline struct candidate left_out(uint32_t tgid, double cpu_pct)
{
	static const struct rule rule = {
		.text = "comm=p*", .glob = "p*", .kind = RULE_COMM, .effect = RULE_EXCLUDES};
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.verdict = (struct rules_verdict){.out = true, .by = &rule};
	return candidate;
}

static inline struct candidate preferred(uint32_t tgid, double cpu_pct)
{
	struct candidate candidate = hot(tgid, cpu_pct);

	candidate.verdict = (struct rules_verdict){.preferred = true, .word = OWNER_PREFER};
	return candidate;
}

static inline int hottest_first(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->cpu_pct != right->cpu_pct)
		return left->cpu_pct > right->cpu_pct ? -1 : 1;
	return process_id_cmp(left->id, right->id);
}

static inline void tick(struct world *world, const struct candidate *candidates, size_t n)
{
	struct candidate *sorted =
		calloc(n ? n : 1, sizeof(*sorted)); /* gone after the tick, as in the daemon */

	if (n)
		memcpy(sorted, candidates, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), hottest_first);
	assert_int_equal(governor_tick(world->governor, sorted, n, &world->moves, &world->n_moves,
				       &world->skips, &world->n_skips),
			 0);
	free(sorted);
	for (size_t i = 1; i < world->n_moves; i++)
		assert_true(world->moves[i - 1].kind <= world->moves[i].kind);
	for (size_t i = 0; i < world->n_moves; i++)
		assert_true(strlen(world->moves[i].reason) > 0);
	for (size_t i = 1; i < world->n_skips; i++)
		assert_true(world->skips[i - 1].cpu_pct >= world->skips[i].cpu_pct);
}

#define TICK(world, ...)                                                                                     \
	tick(world, (const struct candidate[]){__VA_ARGS__},                                                 \
	     sizeof((const struct candidate[]){__VA_ARGS__}) / sizeof(struct candidate))

/* The watched pids by seat, e.g. "7 - 9": "-" is free. */
static inline void assert_seats(const struct world *world, const char *expected)
{
	const struct governor_seat *seats = governor_seats(world->governor);
	char have[200] = "", *end = have;
	size_t n = 1;

	for (const char *p = expected; *p; p++)
		n += *p == ' ';
	for (size_t i = 0; i < n; i++) {
		size_t room = sizeof(have) - (size_t)(end - have);

		if (seats[i].used)
			end += snprintf(end, room, "%s%u", i ? " " : "", seats[i].id.tgid);
		else
			end += snprintf(end, room, "%s-", i ? " " : "");
	}
	assert_string_equal(have, expected);
}

/* The moves, e.g. "-7@0 +9@0": '-' leaves, '!' leaves as it ended, '+' enters. */
static inline void assert_moves(const struct world *world, const char *expected)
{
	char have[200] = "", *end = have;

	for (size_t i = 0; i < world->n_moves; i++) {
		const struct governor_move *move = &world->moves[i];
		char sign = move->kind == GOVERNOR_ENTER ? '+' : move->gone ? '!' : '-';

		end += snprintf(end, sizeof(have) - (size_t)(end - have), "%s%c%u@%u", i ? " " : "", sign,
				move->id.tgid, move->seat);
	}
	assert_string_equal(have, expected);
}

static inline void assert_skip(const struct world *world, uint32_t tgid, const char *part)
{
	for (size_t i = 0; i < world->n_skips; i++) {
		char comm[COMM_LEN];

		if (world->skips[i].id.tgid != tgid)
			continue;
		snprintf(comm, sizeof(comm), "p%u", tgid);
		assert_string_equal(world->skips[i].comm, comm);
		assert_contains(world->skips[i].reason, part);
		return;
	}
	fail_msg("pid %u is not skipped", tgid);
}

#endif
