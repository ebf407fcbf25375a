// SPDX-License-Identifier: GPL-2.0
#include "decide/governor_reason.h"

#include <inttypes.h>
#include <string.h>

#include "decide/governor_internal.h"
#include "decide/reason.h"
#include "decide/shared.h"

/* "anonymous memory of 3 MiB", or of both kinds. */
static const char *memory_words(const struct candidate *candidate, char words[80])
{
	if (!candidate->shared_bytes)
		snprintf(words, 80, "anonymous memory of %" PRIu64 " MiB",
			 bytes_to_mib(candidate->anon_bytes));
	else
		snprintf(words, 80, "anonymous and shared memory of %" PRIu64 " MiB",
			 bytes_to_mib(candidate_bytes(candidate)));
	return words;
}

void governor_reason_watched(const struct governor_config *config, const struct candidate *candidate,
			     const struct governor_seat *seat, unsigned int n, char *reason)
{
	char losing[48] = "", shared[48] = "", service[64] = "", rule[REASON_LEN];
	const char *what = "hot";

	if (config->listed)
		what = "listed with --pid";
	else if (candidate->cpu_pct < config->min_cpu_pct)
		what = "less hot than when it came in";
	if (seat->cold_ticks)
		snprintf(losing, sizeof(losing), "; cold or outranked for %u of %u ticks", seat->cold_ticks,
			 config->dwell_ticks);
	if (candidate->member.processes > 1)
		snprintf(service, sizeof(service), " by %u processes, %.1f %% by it",
			 candidate->member.processes, candidate->member.cpu_pct);
	if (candidate->shared_bytes)
		snprintf(shared, sizeof(shared), ", %" PRIu64 " MiB shared",
			 bytes_to_mib(candidate->shared_bytes));
	rules_explain(&candidate->verdict, rule);
	reason_write(reason, "%s: %.1f %% of a CPU%s, rank %u of %u, %" PRIu64 " MiB anonymous%s%s%s%s", what,
		     candidate->cpu_pct, service, seat->rank, n, bytes_to_mib(candidate->anon_bytes), shared,
		     losing, *rule ? "; " : "", rule);
}

void governor_reason_cold(const struct governor_config *config, const struct governor_seat *seat,
			  char *reason)
{
	double cold_pct = governor_cold_pct(config);

	if (seat->below_ticks == config->dwell_ticks)
		reason_write(reason, "colder than %.1f %% of a CPU for %u ticks", cold_pct,
			     seat->below_ticks);
	else
		reason_write(reason, "outranked or cold for %u ticks: now %.1f %% of a CPU, below %.1f %%",
			     config->dwell_ticks, seat->cpu_pct, cold_pct);
}

void governor_reason_outranked(const struct governor_config *config, const struct candidate *watched,
			       const struct candidate *waiting, bool by_share, char *reason)
{
	char memory[80];

	if (governor_is_shrunk(config, watched))
		reason_write(reason,
			     "%s is below half of --min-mem %" PRIu64 " MiB, and pid %" PRIu32
			     " waits with %.1f %% of a CPU",
			     memory_words(watched, memory), bytes_to_mib(config->min_mem_bytes),
			     waiting->id.tgid, waiting->cpu_pct);
	else if (waiting->verdict.preferred && !watched->verdict.preferred)
		reason_write(reason,
			     "outranked or cold for %u ticks: pid %" PRIu32
			     " waits, with %.1f %% of a CPU, which its owner prefers",
			     config->dwell_ticks, waiting->id.tgid, waiting->cpu_pct);
	else if (by_share)
		reason_write(
			reason,
			"outranked or cold for %u ticks: its user has more than --user-share %u %%, and pid "
			"%" PRIu32 " of another user waits with %.1f %% of a CPU",
			config->dwell_ticks, config->user_share_pct, waiting->id.tgid, waiting->cpu_pct);
	else
		reason_write(reason,
			     "outranked or cold for %u ticks: %.1f %% of a CPU, while pid %" PRIu32
			     " waits with %.1f %%",
			     config->dwell_ticks, watched->cpu_pct, waiting->id.tgid, waiting->cpu_pct);
}

/* Of those that are watched; negative: there is none. */
struct coldest {
	double pct, unpreferred_pct;
};

static void note_colder(double *coldest_pct, double pct)
{
	if (*coldest_pct < 0 || pct < *coldest_pct)
		*coldest_pct = pct;
}

static struct coldest coldest_watched(const struct governor *governor)
{
	struct coldest coldest = {-1, -1};

	for (unsigned int i = 0; i < governor->config.made; i++) {
		const struct candidate *watched = governor->in_seat[i];

		if (!governor->seats[i].used)
			continue;
		note_colder(&coldest.pct, governor->seats[i].cpu_pct);
		if (!watched || !watched->verdict.preferred)
			note_colder(&coldest.unpreferred_pct, governor->seats[i].cpu_pct);
	}
	return coldest;
}

/* What would be enough if it were aligned. */
static const char *unaligned_words(const struct governor_config *config, const struct candidate *candidate,
				   char words[120])
{
	*words = '\0';
	if (candidate_bytes(candidate) + candidate->unaligned_bytes >= config->min_mem_bytes)
		snprintf(words, 120, "; %" PRIu64 " MiB of shared memory are " SHARED_UNALIGNED,
			 bytes_to_mib(candidate->unaligned_bytes));
	return words;
}

/* Nothing keeps it out, and still it is not watched. */
static void reason_skipped(const struct governor *governor, const struct coldest *coldest,
			   const struct candidate *candidate, char *reason)
{
	const struct governor_config *config = &governor->config;
	double coldest_pct = candidate->verdict.preferred ? coldest->pct : coldest->unpreferred_pct;
	char memory[80], unaligned[120];

	if (!governor_is_big(config, candidate))
		reason_write(reason, "%s is below --min-mem %" PRIu64 " MiB%s",
			     memory_words(candidate, memory), bytes_to_mib(config->min_mem_bytes),
			     unaligned_words(config, candidate, unaligned));
	else if (coldest_pct < 0)
		reason_write(reason, "all %u %s are taken by %s that their owners prefer",
			     config->services ? config->services : config->seats,
			     config->services ? "places" : "seats",
			     config->services ? "services" : "processes");
	else if (governor_user_has_share(governor, candidate->owner.uid))
		reason_write(reason, "its user has a share of the places already, --user-share %u %%",
			     config->user_share_pct);
	else if (config->services)
		reason_write(reason,
			     "all %u places are taken, the coldest by a service with %.1f %% of a CPU",
			     config->services, coldest_pct);
	else
		reason_write(reason, "all %u seats are taken, the coldest by a process with %.1f %% of a CPU",
			     config->seats, coldest_pct);
}

/* Nothing can be done for it, or so it is for now: it does not just wait. */
static bool is_served_never(const struct governor *governor, const struct candidate *candidate)
{
	return candidate->verdict.out || candidate->barred || candidate->member.young ||
	       !governor_is_big(&governor->config, candidate) ||
	       penalty_holds(governor->penalties, candidate->id);
}

static bool worth_telling(const struct governor *governor, const struct candidate *candidate)
{
	const struct governor_config *config = &governor->config;
	const struct membership *member = &candidate->member;

	if (candidate->excluded || (member->young && member->short_life_s <= 0))
		return false;
	if (governor_seats_of(governor, member->key))
		return member->cpu_pct >= config->min_cpu_pct && is_served_never(governor, candidate);
	return config->listed || candidate->cpu_pct >= config->min_cpu_pct;
}

static void reason_short_lived(double life_s, char *reason)
{
	if (life_s >= 0.1)
		reason_write(reason, "too short-lived: its processes live for %.1f s on average", life_s);
	else
		reason_write(reason,
			     "too short-lived: its processes end within the tick in which they begin");
}

static void reason_of_skip(const struct governor *governor, const struct coldest *coldest,
			   const struct candidate *candidate, struct governor_skip *skip)
{
	if (skip->ruled_out)
		rules_explain(&candidate->verdict, skip->reason);
	else if (skip->barred)
		reason_write(skip->reason, "%s", candidate->barred);
	else if (candidate->member.young)
		reason_short_lived(candidate->member.short_life_s, skip->reason);
	else if (penalty_holds(governor->penalties, candidate->id))
		penalty_explain(governor->penalties, candidate->id, skip->reason);
	else
		reason_skipped(governor, coldest, candidate, skip->reason);
}

static struct governor_skip skip_of(const struct governor_config *config, const struct candidate *candidate)
{
	struct governor_skip skip = {
		.id = candidate->id,
		.owner = candidate->owner,
		.cpu_pct = candidate->cpu_pct,
		.member = candidate->member,
		.ruled_out = candidate->verdict.out,
		.barred = !candidate->verdict.out && candidate->barred && governor_is_big(config, candidate),
		.barred_s = candidate->barred_s,
		.opted_out = candidate->opted_out,
	};

	memcpy(skip.comm, candidate->comm, sizeof(skip.comm));
	return skip;
}

void governor_list_skips(const struct tick *tick)
{
	struct governor *governor = tick->governor;
	const struct coldest coldest = coldest_watched(governor);

	governor->n_skips = 0;
	for (size_t i = 0; i < tick->n; i++) {
		const struct candidate *candidate = &tick->candidates[i];
		struct governor_skip *skip = &governor->skips[governor->n_skips];

		if (governor->n_skips && skip[-1].member.key == candidate->member.key)
			continue; /* one for each service */
		if (governor->watched[i] || !worth_telling(governor, candidate))
			continue;
		*skip = skip_of(&governor->config, candidate);
		reason_of_skip(governor, &coldest, candidate, skip);
		governor->n_skips++;
	}
}
