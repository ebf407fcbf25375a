// SPDX-License-Identifier: GPL-2.0
#include "sim/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_START	(UINT64_C(1) << 40)
#define STEP_NS		NS_PER_S /* of the daemon: then kdamonds are committed to */
#define STEPS_OF_A_TICK 5	 /* --interval: then the kdamond's cost is read */

const double run_shares[RUN_SHARES] = {0.5, 0.9, 0.99};

struct sim {
	const struct run_spec *spec;
	struct run_result *result;
	struct load *load;
	bool *is_huge; /* of each slot */
	struct kdamond kdamond;
	struct policy policy;
	struct sim_random random;
	uint64_t now_ns, sample_ns, step_ns; /* now, and when the next ones are */
	uint64_t busy_ns;		     /* the daemon is, until then */
	uint64_t steps, aggregations, regions_sum;
	uint64_t checked;	/* when the last tick was */
	double rate, huge_rate; /* accesses a second, and those that go to huge pages */
	size_t huge_slots;
	uint64_t moved_ns;
	bool regained;
	size_t at;	   /* moments that are past */
	uint64_t last_key; /* what was checked before, in this sample */
	bool last_accessed;
};

/* ---- the heap ---- */

/* DAMON does not look twice at the same page in one sample. */
static bool is_accessed(void *arg, uint64_t address, uint64_t sample_us)
{
	struct sim *sim = arg;
	size_t slot = (size_t)((address - HEAP_START) / PMD_SIZE_BYTES);
	uint64_t page = (address - HEAP_START) / LOAD_PAGE_BYTES, key;
	double sample_s = (double)sample_us / (double)US_PER_S;

	key = sim->is_huge[slot] ? slot * LOAD_PAGES_PER_SLOT : page;
	if (key == sim->last_key)
		return sim->last_accessed;
	sim->last_key = key;
	sim->last_accessed = random_share(&sim->random) <
			     (sim->is_huge[slot] ? load_slot_chance(sim->load, slot, sample_s,
								    sim->huge_slots <= sim->spec->tlb_slots)
						 : load_page_chance(sim->load, page, sample_s));
	return sim->last_accessed;
}

static void sum_rates(struct sim *sim)
{
	sim->rate = sim->huge_rate = 0;
	for (size_t slot = 0; slot < load_slots(sim->load); slot++) {
		double rate = load_slot_rate(sim->load, slot);

		sim->rate += rate;
		sim->huge_rate += sim->is_huge[slot] ? rate : 0;
	}
}

static double since_s(const struct sim *sim, uint64_t then_ns)
{
	return ns_to_s(sim->now_ns - then_ns);
}

static void note_share(struct sim *sim)
{
	struct run_result *result = sim->result;

	for (size_t i = 0; i < RUN_SHARES; i++)
		if (result->reached_s[i] < 0 && sim->huge_rate >= run_shares[i] * sim->rate)
			result->reached_s[i] = ns_to_s(sim->now_ns);
	if (sim->regained || sim->huge_rate < 0.9 * sim->rate)
		return;
	sim->regained = true;
	if (sim->moved_ns && result->regained_s >= 0 && since_s(sim, sim->moved_ns) > result->regained_s)
		result->regained_s = since_s(sim, sim->moved_ns);
}

static void move(struct sim *sim)
{
	if (!load_set_time(sim->load, sim->now_ns))
		return;
	if (!sim->regained)
		sim->result->regained_s = -1;
	sim->regained = false;
	sim->moved_ns = sim->now_ns;
	sum_rates(sim);
	note_share(sim);
}

static struct run_moment moment(const struct sim *sim)
{
	struct run_moment moment = {.share_pct = 100 * sim->huge_rate / sim->rate};
	size_t hot = 0, hot_huge = 0;

	for (size_t slot = 0; slot < load_slots(sim->load); slot++) {
		bool is_hot = load_slot_rate(sim->load, slot) > 0;

		hot += is_hot;
		hot_huge += is_hot && sim->is_huge[slot];
		if (sim->is_huge[slot] && !load_slot_was_hot(sim->load, slot))
			moment.cold_bytes += PMD_SIZE_BYTES;
	}
	moment.hot_huge_pct = 100.0 * (double)hot_huge / (double)hot;
	sim->result->hot_bytes = hot * PMD_SIZE_BYTES;
	sim->result->hot_huge_bytes = hot_huge * PMD_SIZE_BYTES;
	return moment;
}

static void note_moments(struct sim *sim)
{
	while (sim->at < sim->spec->n_at && ns_to_s(sim->now_ns) >= sim->spec->at_s[sim->at])
		sim->result->at[sim->at++] = moment(sim);
}

/* ---- the kdamond, and the daemon ---- */

/* It sleeps for the interval, and then goes through all regions. */
static uint64_t period_ns(const struct sim *sim)
{
	double pass_ns = (double)sim->kdamond.n * sim->spec->sample_ns;

	return sim->kdamond.attrs.sample_us * NS_PER_US + (uint64_t)pass_ns;
}

static int take_sample(struct sim *sim)
{
	struct kdamond_memory memory = {is_accessed, sim};
	struct kdamond *kdamond = &sim->kdamond;
	int ended;

	sim->last_key = UINT64_MAX;
	ended = kdamond_sample(kdamond, &memory);
	sim->sample_ns += period_ns(sim);
	if (ended <= 0)
		return ended;
	sim->aggregations++;
	sim->regions_sum += kdamond->n;
	return policy_hear(&sim->policy, kdamond->regions, kdamond->n, sim->now_ns);
}

static double kdamond_pct(const struct sim *sim, uint64_t checked, double lasted_s)
{
	return 100 * (double)checked * sim->spec->sample_ns / (double)NS_PER_S / lasted_s;
}

/* As the daemon reads it once a tick. */
static void read_cost(struct sim *sim)
{
	double lasted_s = ns_to_s(STEP_NS * STEPS_OF_A_TICK);

	sim->policy.cost_pct = kdamond_pct(sim, sim->kdamond.checked - sim->checked, lasted_s);
	sim->policy.cost_known = true;
	sim->result->last_kdamond_pct = sim->policy.cost_pct;
	sim->checked = sim->kdamond.checked;
}

static bool same_attrs(const struct kdamond_attrs *a, const struct kdamond_attrs *b)
{
	return a->sample_us == b->sample_us && a->aggr_us == b->aggr_us && a->min_regions == b->min_regions &&
	       a->max_regions == b->max_regions;
}

/* What waits until the next sample in the kernel is done at once here. */
static void fit_kdamond(struct sim *sim)
{
	struct kdamond_attrs wanted = policy_wanted(&sim->policy);

	if (same_attrs(&wanted, &sim->kdamond.attrs))
		return;
	kdamond_commit(&sim->kdamond, &wanted);
	sim->sample_ns = sim->now_ns + period_ns(sim);
}

static int take_step(struct sim *sim)
{
	int err = 0;

	if (++sim->steps % STEPS_OF_A_TICK == 0)
		read_cost(sim);
	if (sim->now_ns >= policy_next_look_ns(&sim->policy))
		err = policy_look(&sim->policy, sim->now_ns);
	fit_kdamond(sim);
	sim->step_ns += STEP_NS;
	return err;
}

static void collapse(struct sim *sim)
{
	uint64_t took_ns = (uint64_t)(sim->spec->collapse_us * (double)NS_PER_US);
	size_t slot;

	if (!policy_choose(&sim->policy, &slot))
		return;
	sim->is_huge[slot] = true;
	sim->huge_slots++;
	sim->huge_rate += load_slot_rate(sim->load, slot);
	sim->result->collapses++;
	sim->busy_ns = sim->now_ns + took_ns;
	policy_collapsed(&sim->policy, slot, took_ns, sim->busy_ns);
	note_share(sim);
}

/* The daemon does one thing after another; a look goes before a collapse. */
static int act(struct sim *sim)
{
	if (sim->now_ns >= sim->step_ns)
		return take_step(sim);
	if (sim->now_ns >= policy_next_look_ns(&sim->policy))
		return policy_look(&sim->policy, sim->now_ns);
	collapse(sim);
	return 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t next_act_ns(struct sim *sim)
{
	uint64_t at_ns = earlier(sim->step_ns, policy_next_look_ns(&sim->policy));

	at_ns = earlier(at_ns, policy_next_collapse_ns(&sim->policy, sim->now_ns));
	return at_ns > sim->busy_ns ? at_ns : sim->busy_ns;
}

static int go_on(struct sim *sim, uint64_t until_ns)
{
	int err = 0;

	while (!err) {
		uint64_t act_ns = next_act_ns(sim);
		uint64_t next_ns = earlier(sim->sample_ns, act_ns);

		if (next_ns > until_ns)
			break;
		if (next_ns > sim->now_ns)
			sim->now_ns = next_ns;
		move(sim);
		note_moments(sim);
		err = next_ns == sim->sample_ns ? take_sample(sim) : act(sim);
	}
	sim->now_ns = until_ns;
	return err;
}

/* ---- a run ---- */

static int begin(struct sim *sim)
{
	const struct run_spec *spec = sim->spec;
	uint64_t seed = random_next(&sim->random);
	struct policy_memory memory;
	struct kdamond_attrs attrs;
	int err;

	sim->result->heap = spec->heap;
	sim->result->heap.seed = random_next(&sim->random);
	sim->load = load_new(spec->load, &sim->result->heap);
	if (!sim->load)
		return -errno;
	sim->is_huge = calloc(load_slots(sim->load), sizeof(*sim->is_huge));
	if (!sim->is_huge)
		return -ENOMEM;
	memory = (struct policy_memory){HEAP_START, load_slots(sim->load), sim->is_huge};
	err = policy_open(&sim->policy, &spec->policy, &memory, 0);
	if (err)
		return err;
	attrs = policy_wanted(&sim->policy);
	sim->sample_ns = attrs.sample_us * NS_PER_US;
	sim->step_ns = STEP_NS;
	sum_rates(sim);
	return kdamond_start(&sim->kdamond, HEAP_START, HEAP_START + memory.slots * PMD_SIZE_BYTES, &attrs,
			     seed);
}

static void finish(struct sim *sim)
{
	struct run_result *result = sim->result;

	note_moments(sim);
	result->end = moment(sim);
	if (sim->moved_ns && !sim->regained)
		result->regained_s = -1;
	result->pages_checked = sim->kdamond.checked;
	result->kdamond_pct = kdamond_pct(sim, sim->kdamond.checked, sim->spec->lasts_s);
	result->regions = (double)sim->regions_sum / (double)(sim->aggregations ? sim->aggregations : 1);
	result->sample_us = sim->kdamond.attrs.sample_us;
	result->aggr_us = sim->kdamond.attrs.aggr_us;
	result->state = sim->policy.descent.state;
	memcpy(result->reason, sim->policy.descent.reason, sizeof(result->reason));
}

int run(const struct run_spec *spec, struct run_result *result)
{
	struct sim sim = {.spec = spec, .result = result, .random = {spec->seed}};
	int err;

	*result = (struct run_result){.reached_s = {-1, -1, -1}};
	err = begin(&sim);
	if (!err)
		err = go_on(&sim, (uint64_t)(spec->lasts_s * (double)NS_PER_S));
	if (!err)
		finish(&sim);
	policy_close(&sim.policy);
	kdamond_free(&sim.kdamond);
	free(sim.is_huge);
	load_free(sim.load);
	return err;
}
