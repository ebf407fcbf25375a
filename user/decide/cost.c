// SPDX-License-Identifier: GPL-2.0
#include "decide/cost.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/units.h"
#include "decide/reason.h"

const char *cost_source_name(enum cost_source source)
{
	switch (source) {
	case COST_MEASURED:
		return "measured";
	case COST_KEPT:
		return "kept";
	case COST_GIVEN:
		return "given";
	default:
		return "default";
	}
}

void cost_start(struct host_cost *cost, double miss_ns)
{
	*cost = (struct host_cost){
		.miss_ns = miss_ns > 0 ? miss_ns : COST_MISS_DEFAULT_NS,
		.miss_source = miss_ns > 0 ? COST_GIVEN : COST_DEFAULT,
		.collapse_ns = COST_COLLAPSE_DEFAULT_NS,
	};
	reason_write(cost->miss_reason, "%s", miss_ns > 0 ? "by --miss-ns" : "not measured yet");
}

static int smaller_first(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double cost_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), smaller_first);
	return values[n / 2];
}

bool cost_of_rounds(const struct cost_round *rounds, size_t n, struct cost_miss *miss)
{
	double more_ns[COST_MAX_ROUNDS], median_ns;

	if (n < COST_LEAST_ROUNDS || n > COST_MAX_ROUNDS)
		return false;
	for (size_t i = 0; i < n; i++)
		more_ns[i] = rounds[i].small_ns - rounds[i].huge_ns;
	median_ns = cost_median(more_ns, n);
	*miss = (struct cost_miss){more_ns[n / 4], median_ns, more_ns[n - 1 - n / 4]};
	return true;
}

/* Of any machine, however slow: a second for an access is none. */
static bool is_time(double ns)
{
	return isfinite(ns) && fabs(ns) <= (double)NS_PER_S;
}

bool cost_measure_is_sane(const struct cost_measure *measure)
{
	const struct cost_miss *miss = &measure->miss;
	bool in_order = miss->low_ns <= miss->median_ns && miss->median_ns <= miss->high_ns;

	return is_time(miss->low_ns) && is_time(miss->median_ns) && is_time(miss->high_ns) && in_order &&
	       (measure->collapse_ns == 0 || (measure->collapse_ns >= COST_COLLAPSE_LEAST_NS &&
					      measure->collapse_ns <= COST_COLLAPSE_MOST_NS));
}

/* NULL: it is believed. */
static const char *doubt(const struct cost_miss *miss)
{
	if (miss->low_ns <= 0 || miss->median_ns < COST_MISS_LEAST_NS)
		return "no difference that can be told from noise";
	if (miss->median_ns > COST_MISS_MOST_NS)
		return "more than a look-up can take";
	if (miss->high_ns - miss->low_ns > COST_MISS_SCATTER * miss->median_ns)
		return "too scattered";
	return NULL;
}

static void take_miss(struct host_cost *cost, const struct cost_miss *miss, enum cost_source source)
{
	const char *why = doubt(miss);

	if (!why) {
		cost->miss_ns = miss->median_ns;
		cost->miss_source = source;
		reason_write(cost->miss_reason, "half of the rounds from %.1f to %.1f ns", miss->low_ns,
			     miss->high_ns);
		return;
	}
	reason_write(cost->miss_reason, "not measurable here: %s, half of the rounds from %.1f to %.1f ns",
		     why, miss->low_ns, miss->high_ns);
}

void cost_take(struct host_cost *cost, const struct cost_measure *measure, bool kept)
{
	enum cost_source source = kept ? COST_KEPT : COST_MEASURED;

	if (cost->miss_source != COST_GIVEN)
		take_miss(cost, &measure->miss, source);
	if (cost->collapses || measure->collapse_ns == 0) /* those of targets tell more than a try */
		return;
	cost->collapse_ns = measure->collapse_ns;
	cost->collapse_source = source;
}

void cost_take_none(struct host_cost *cost, const char *why)
{
	if (cost->miss_source == COST_DEFAULT)
		reason_write(cost->miss_reason, "not measured: %s", why);
}

void cost_note_collapse(struct host_cost *cost, uint64_t took_ns)
{
	double most_ns = COST_COLLAPSE_CLIP * cost->collapse_ns, took = (double)took_ns, weight;

	if (took > most_ns)
		took = most_ns;
	cost->collapses++;
	weight = (double)(cost->collapses < COST_COLLAPSE_WEIGHT ? cost->collapses : COST_COLLAPSE_WEIGHT);
	cost->collapse_ns += (took - cost->collapse_ns) / weight;
	if (cost->collapse_ns < COST_COLLAPSE_LEAST_NS)
		cost->collapse_ns = COST_COLLAPSE_LEAST_NS;
	if (cost->collapse_ns > COST_COLLAPSE_MOST_NS)
		cost->collapse_ns = COST_COLLAPSE_MOST_NS;
	cost->collapse_source = COST_MEASURED;
}

void cost_words(const struct host_cost *cost, char words[2 * REASON_LEN])
{
	char collapses[64];

	snprintf(collapses, sizeof(collapses), "mean of %llu", (unsigned long long)cost->collapses);
	snprintf(words, 2 * REASON_LEN, "a TLB miss %.1f ns (%s: %s), a collapse %.2f ms (%s)", cost->miss_ns,
		 cost_source_name(cost->miss_source), cost->miss_reason,
		 cost->collapse_ns / (double)NS_PER_MS,
		 cost->collapses ? collapses : cost_source_name(cost->collapse_source));
}
