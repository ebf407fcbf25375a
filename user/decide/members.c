// SPDX-License-Identifier: GPL-2.0
#include "decide/members.h"

#include <string.h>

#include "base/bisect.h"

unsigned int members_seats(unsigned int top, unsigned int members, unsigned int most)
{
	unsigned int wanted = top * members;

	if (wanted > most)
		wanted = most;
	return wanted > top ? wanted : top;
}

double members_least_pct(double min_cpu_pct)
{
	return min_cpu_pct / 100;
}

bool members_are_short(double life_s)
{
	return life_s < SERVICE_LONG_S;
}

bool member_is_young(double age_s, double window_s, double life_s)
{
	return age_s < window_s || (members_are_short(life_s) && age_s < SERVICE_LONG_S);
}

/* ---- stints ---- */

static int stint_cmp(const void *key, const void *element)
{
	const struct stint *a = key, *b = element;

	return process_id_cmp(a->id, b->id);
}

static size_t position(const struct stints *stints, struct process_id id)
{
	const struct stint key = {.id = id};

	return bisect(&key, stints->list, stints->n, sizeof(key), stint_cmp);
}

static bool is_at(const struct stints *stints, size_t at, struct process_id id)
{
	return at < stints->n && process_id_equal(stints->list[at].id, id);
}

static void forget_oldest(struct stints *stints)
{
	size_t oldest = 0;

	for (size_t i = 1; i < stints->n; i++)
		if (stints->list[i].ended_ns < stints->list[oldest].ended_ns)
			oldest = i;
	stints->n--;
	memmove(&stints->list[oldest], &stints->list[oldest + 1],
		(stints->n - oldest) * sizeof(*stints->list));
}

void stints_note(struct stints *stints, struct process_id id, uint32_t execs, uint64_t now_ns)
{
	size_t at = position(stints, id);

	if (!is_at(stints, at, id)) {
		if (stints->n == STINTS_MAX)
			forget_oldest(stints);
		at = position(stints, id);
		memmove(&stints->list[at + 1], &stints->list[at], (stints->n - at) * sizeof(*stints->list));
		stints->n++;
	}
	stints->list[at] = (struct stint){id, execs, now_ns};
}

uint64_t stints_ended_ns(const struct stints *stints, struct process_id id, uint32_t execs)
{
	size_t at = position(stints, id);

	return is_at(stints, at, id) && stints->list[at].execs == execs ? stints->list[at].ended_ns : 0;
}

unsigned int stints_count(const struct stints *stints, const struct ranked_service *service,
			  const struct ranked *ranked, uint64_t now_ns)
{
	unsigned int n = 0;

	for (size_t i = 0; i < service->n_members && stints->n; i++) {
		const struct ranked *member = &ranked[service->members[i]];

		n += !member->ended && stints_had(stints, member, now_ns);
	}
	return n;
}

/* ---- who is looked at ---- */

struct picked {
	size_t at;
	uint64_t stint_ns;
};

/* Into its place by the age of its stint; what comes later in the ranking is behind its like. */
static size_t insert(struct picked *picked, size_t n, struct picked one)
{
	size_t at = n;

	while (at && picked[at - 1].stint_ns > one.stint_ns)
		at--;
	if (at == MEMBERS_LOOKED_AT)
		return n;
	if (n == MEMBERS_LOOKED_AT)
		n--; /* the last one falls out */
	memmove(&picked[at + 1], &picked[at], (n - at) * sizeof(*picked));
	picked[at] = one;
	return n + 1;
}

size_t members_pick(const struct ranked_service *service, const struct ranked *ranked,
		    const struct stints *stints, double least_pct, size_t out[MEMBERS_LOOKED_AT])
{
	struct picked picked[MEMBERS_LOOKED_AT];
	bool any = false;
	size_t n = 0;

	for (size_t i = 0; i < service->n_members; i++) {
		size_t at = service->members[i];

		if (ranked[at].ended || (any && ranked[at].cpu_pct < least_pct))
			continue;
		n = insert(picked, n,
			   (struct picked){at, stints_ended_ns(stints, ranked[at].id, ranked[at].execs)});
		any = true;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = picked[i].at;
	return n;
}
