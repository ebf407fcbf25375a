// SPDX-License-Identifier: GPL-2.0
#include "daemon/madvise.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/collapse.h"
#include "base/clock.h"
#include "daemon/internal.h"
#include "decide/left.h"
#include "report/log.h"
#include "sense/pagemap.h"
#include "sense/pressure.h"

#define LOOK_NS	       (200 * NS_PER_MS) /* of targets at work */
#define LOOK_REST      4		 /* times what it took, if that is longer: of many big targets */
#define LOOK_PARKED_NS NS_PER_S		 /* when all are parked */
#define TURN_NS	       (8 * NS_PER_MS)	 /* no turn is longer, but for a collapse that is under way */
#define MAPPINGS_NS    NS_PER_S		 /* mappings are read so often */
#define MAPPINGS_REST  20		 /* times what it takes pass before they are read again, at least */
#define MAPPINGS_PARKED_NS                                                                                   \
	(3 * NS_PER_S)		       /* of a target that is parked: thousands of them take milliseconds */
#define RECHECK_NS	(2 * NS_PER_S) /* and what was huge is looked at again */
#define PRESSURE_NS	NS_PER_S
#define LEFT_NS		(2 * NS_PER_S) /* and whether those that have left live, if there is a cap for all */
#define SILENT_NS	(5 * NS_PER_S) /* and ten aggregations: a kdamond that says nothing for so long is silent */
#define LISTEN_AGAIN_NS (60 * NS_PER_S)

/* A map is young for so long, and for HEAT_COARSE_AGGREGATIONS. */
#define YOUNG_NS	   (800 * NS_PER_MS)
#define YOUNG_AGGREGATIONS 2
#define COARSE_NS	   (10 * NS_PER_S) /* long ones need not be all of HEAT_COARSE_AGGREGATIONS */

#define WARM_PCT 10 /* from here up small memory is looked at, as it may be the next to be hot */

/* Slots that are read in one look: 6 us each on a real CPU if they are small, 0.2 us if they are huge. */
#define LOOK_UNREAD	  2048
#define LOOK_SMALL	  512
#define LOOK_SMALL_PARKED 128
#define LOOK_HUGE	  8192

/* Mappings that the kernel is asked for in one look at a target, see vma.h. */
#define LOOK_ASKS	64
#define LOOK_ASKS_AGAIN 16

struct madvise {
	struct regions *regions;
	struct pace_limit limit;
	uint64_t pressure_ns, look_ns, listened_ns; /* when each was last */
	uint64_t look_cost_ns;			    /* what the last one took */
	struct backoff_pause no_memory;
	size_t next_seat; /* of DAMON, whose turn it is to collapse */
	struct left left; /* what was made huge in targets that have left */
	uint64_t left_ns; /* when it was last looked whether they live */
	bool said_incomplete;
	/* for a look; [room] */
	struct choice_slot *warm;
	struct sweep_place *places;
	uint64_t *starts;
	struct slot_pages *pages;
	size_t room;
};

static int open_regions(const struct daemon *daemon, struct regions **out, struct act_error *error)
{
	int err = regions_open(daemon->n_seats, daemon->options->max_regions, out);

	if (err == -ENOENT)
		return act_fail(error, ENOENT, "find the tracepoint damon_aggregated");
	return err ? act_fail(error, -err, "load regions.bpf.o (HOTDAMON_DEBUG=1 shows the verifier's words)")
		   : 0;
}

int madvise_open(struct daemon *daemon, struct madvise **out, struct act_error *error)
{
	struct madvise *madvise = calloc(1, sizeof(*madvise));
	int err;

	if (!madvise)
		return act_fail(error, ENOMEM, "executor madvise");
	madvise->limit.share_pct = 100;
	err = open_regions(daemon, &madvise->regions, error);
	if (err) {
		madvise_close(madvise);
		return err;
	}
	*out = madvise;
	return 0;
}

void madvise_close(struct madvise *madvise)
{
	if (!madvise)
		return;
	regions_close(madvise->regions);
	free(madvise->warm);
	free(madvise->places);
	free(madvise->starts);
	free(madvise->pages);
	free(madvise);
}

int madvise_fd(const struct madvise *madvise)
{
	return regions_fd(madvise->regions);
}

int madvise_enter(struct daemon *daemon, struct target *target)
{
	const struct collapse_count *counts;
	size_t n;
	int err = collapse_read(daemon->collapse, &counts, &n);

	if (err)
		return err;
	target_count_own(target, (uint32_t)getpid(), counts, n);
	target->collapser =
		collapser_new(daemon->madvise->regions, daemon->options->stall_budget_us, daemon->now_ns);
	if (!target->collapser)
		return -ENOMEM;
	pace_set_share(&target->collapser->pace, daemon->madvise->limit.share_pct, daemon->now_ns);
	/* One that was watched before has what was made huge then. */
	target->collapser->done =
		left_take(&daemon->madvise->left, target->id, target->execs) / PMD_SIZE_BYTES;
	target->collapser->execs = target->execs;
	return 0;
}

/* ---- what the kdamonds say ---- */

static void on_aggregation(void *arg, pid_t kdamond, const struct heat_region *regions, size_t n,
			   uint64_t ended_ns)
{
	struct daemon *daemon = arg;

	for (unsigned int seat = 0; seat < daemon->n_seats; seat++) {
		struct target *target = &daemon->targets[seat];
		struct collapser *collapser = target->collapser;

		if (!target->used || collapser->watched != kdamond)
			continue;
		/* Without memory for it this aggregation is lost, and the next one will do. */
		heat_add(collapser->heat, regions, n, daemon->descent.levels.max_accesses, ended_ns);
		collapser->heard_ns = ended_ns;
		if (!collapser->mapped_since_ns)
			collapser->mapped_since_ns = ended_ns;
		collapser->applies += target->descent.acting;
		return;
	}
}

/* It should not happen, but heat that comes no more must not pass for cold. */
static void listen_again(struct daemon *daemon, const struct target *target)
{
	struct madvise *madvise = daemon->madvise;
	int err;

	if (daemon->now_ns - madvise->listened_ns < LISTEN_AGAIN_NS)
		return;
	madvise->listened_ns = daemon->now_ns;
	err = regions_attach_again(madvise->regions);
	log_warning("%s (%u): kdamond %d says nothing of its regions for %.1f s: listening anew%s%s",
		    target->comm, target->id.tgid, target->collapser->watched,
		    (double)(daemon->now_ns - target->collapser->heard_ns) / 1e9, err ? ": " : "",
		    err ? strerror(-err) : "");
}

static bool is_silent(const struct daemon *daemon, const struct target *target)
{
	uint64_t silent_ns = SILENT_NS + 10000 * target->intervals.aggr_us;

	return target->collapser->watched && daemon->now_ns > target->collapser->heard_ns + silent_ns;
}

static void follow_kdamond(struct daemon *daemon, struct target *target)
{
	if (collapser_watch(target->collapser, target->kdamond_pid, daemon->now_ns))
		return; /* the next look tries again */
	if (is_silent(daemon, target))
		listen_again(daemon, target);
}

/* ---- a look ---- */

static int make_room(struct madvise *madvise, size_t n)
{
	void *warm, *places, *starts, *pages;

	if (n <= madvise->room)
		return 0;
	n += n / 2;
	warm = realloc(madvise->warm, n * sizeof(*madvise->warm));
	madvise->warm = warm ? warm : madvise->warm;
	places = realloc(madvise->places, n * sizeof(*madvise->places));
	madvise->places = places ? places : madvise->places;
	starts = realloc(madvise->starts, n * sizeof(*madvise->starts));
	madvise->starts = starts ? starts : madvise->starts;
	pages = realloc(madvise->pages, n * sizeof(*madvise->pages));
	madvise->pages = pages ? pages : madvise->pages;
	if (!warm || !places || !starts || !pages)
		return -ENOMEM;
	madvise->room = n;
	return 0;
}

/* Of one that is about to end ESRCH is no news. */
static void note_refusal(struct target *target, int err)
{
	struct collapser *collapser = target->collapser;
	bool leader_lives = target->facts.live_tid == target->id.tgid;

	collapser->refused = 0;
	if (!collapse_refusal(err) || (err == -ESRCH && (leader_lives || target_is_gone(target))))
		return;
	collapser->refused = err;
	if (collapser->said_refused != err)
		log_warning("%s (%u): nothing can be collapsed in it: %s", target->comm, target->id.tgid,
			    collapse_refusal(err));
	collapser->said_refused = err;
}

static bool ask_kernel(void *arg, uint64_t slot)
{
	struct target *target = arg;
	int allowed = collapse_allowed(target->pidfd, slot);

	note_refusal(target, allowed);
	return allowed > 0;
}

static int look_at_mappings(struct daemon *daemon, struct target *target)
{
	struct collapser *collapser = target->collapser;
	uint64_t period_ns = target->descent.acting ? MAPPINGS_NS : MAPPINGS_PARKED_NS, began_ns;
	int err;

	if (period_ns < collapser->mappings_cost_ns * MAPPINGS_REST)
		period_ns = collapser->mappings_cost_ns * MAPPINGS_REST;
	if (collapser->mappings_ns && daemon->now_ns - collapser->mappings_ns < period_ns)
		return 0;
	began_ns = clock_boot_ns();
	err = vma_map_look(&collapser->mappings, "/proc", target->facts.live_tid);
	if (err)
		return err;
	collapser->mappings_cost_ns = clock_boot_ns() - began_ns;
	collapser->mappings_ns = daemon->now_ns;
	return 0;
}

static double threshold_pct(const struct daemon *daemon, const struct target *target)
{
	return 100.0 * descent_min_accesses(&target->descent, &daemon->descent) /
	       daemon->descent.levels.max_accesses;
}

static struct choice_slot warm_slot(const struct daemon *daemon, const struct collapser *collapser,
				    const struct heat_slot *slot, enum vma_answer answer)
{
	return (struct choice_slot){
		.start = slot->start,
		.pct = slot->pct,
		.huge = slot->huge,
		.populated = slot->populated,
		.unread = !slot->read,
		.unasked = answer == VMA_UNKNOWN,
		.waits = backoff_waits(collapser->backoff, slot->start, daemon->now_ns),
	};
}

/* The slots from @least_pct up that lie in mappings that can be collapsed, the hottest first. */
static int gather_warm(struct daemon *daemon, struct target *target, double least_pct, size_t *n)
{
	struct vma_asking asking = {ask_kernel, target, daemon->now_ns, LOOK_ASKS, LOOK_ASKS_AGAIN};
	struct collapser *collapser = target->collapser;
	const struct heat_slot *slots;
	size_t n_slots;
	int err = heat_hottest(collapser->heat, least_pct, &slots, &n_slots);

	if (!err)
		err = make_room(daemon->madvise, n_slots);
	if (err)
		return err;
	*n = 0;
	for (size_t i = 0; i < n_slots; i++) {
		enum vma_answer answer = vma_map_ask(&collapser->mappings, slots[i].start, &asking);

		if (answer != VMA_NO)
			daemon->madvise->warm[(*n)++] = warm_slot(daemon, collapser, &slots[i], answer);
	}
	return 0;
}

/* What was huge before is looked at now and then: the kernel splits huge pages, and processes give them back. */
static size_t places_to_read(struct daemon *daemon, const struct target *target, size_t n_warm)
{
	struct collapser *collapser = target->collapser;
	struct madvise *madvise = daemon->madvise;
	bool recheck = daemon->now_ns - collapser->recheck_ns >= RECHECK_NS;
	struct sweep_most most = {
		.unread = LOOK_UNREAD,
		.small = target->descent.acting ? LOOK_SMALL : LOOK_SMALL_PARKED,
		.huge = recheck ? LOOK_HUGE : 0,
	};
	size_t n = sweep_choose(&collapser->sweep, madvise->warm, n_warm, &most, madvise->places);

	if (recheck)
		collapser->recheck_ns = daemon->now_ns;
	for (size_t i = 0; i < n; i++)
		madvise->starts[i] = madvise->places[i].start;
	return n;
}

static void take_pages(struct madvise *madvise, struct collapser *collapser, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct choice_slot *slot = &madvise->warm[madvise->places[i].slot];
		const struct slot_pages *pages = &madvise->pages[i];

		slot->unread = false;
		slot->populated = slot_pages_populated(pages);
		slot->huge = pages->huge;
		heat_set_pages(collapser->heat, slot->start, (uint16_t)slot->populated, slot->huge);
	}
}

static int read_pages(struct daemon *daemon, struct target *target, size_t n_warm)
{
	struct madvise *madvise = daemon->madvise;
	size_t n = places_to_read(daemon, target, n_warm);
	int err =
		n ? slot_pages_read("/proc", target->facts.live_tid, madvise->starts, n, madvise->pages) : 0;

	if (!err)
		take_pages(madvise, target->collapser, n);
	return err;
}

static void say_sparse(const struct daemon *daemon, struct target *target)
{
	struct collapser *collapser = target->collapser;
	unsigned int least_pct = daemon->options->min_populated_pct;

	if (!collapser->choice.sparse || collapser->said_sparse)
		return;
	collapser->said_sparse = true;
	log_info("%s (%u): %zu hot slots of 2 MiB are left alone: less than %u %% of their pages are "
		 "populated",
		 target->comm, target->id.tgid, collapser->choice.sparse, least_pct ? least_pct : 1);
}

static void say_coarse(struct target *target)
{
	struct collapser *collapser = target->collapser;

	if (collapser->said_coarse || !heat_coarse_bytes(collapser->heat))
		return;
	collapser->said_coarse = true;
	log_info("%s (%u): %" PRIu64
		 " MiB that are accessed lie in regions above %llu MiB, too large to tell where: "
		 "--max-regions makes them smaller",
		 target->comm, target->id.tgid, bytes_to_mib(heat_coarse_bytes(collapser->heat)),
		 HEAT_REGION_MAX_BYTES / MIB_BYTES);
}

static size_t count_hot(const struct choice_slot *slots, size_t n, double threshold_pct)
{
	size_t n_hot = 0;

	while (n_hot < n && slots[n_hot].pct >= threshold_pct)
		n_hot++;
	return n_hot;
}

/* While regions are coarse, and samples few, cold memory beside hot memory looks hot too. */
static bool is_young(const struct daemon *daemon, const struct collapser *collapser)
{
	uint64_t aggregations = heat_aggregations(collapser->heat);
	bool coarse = aggregations < HEAT_COARSE_AGGREGATIONS &&
		      daemon->now_ns < collapser->mapped_since_ns + COARSE_NS;

	return aggregations < YOUNG_AGGREGATIONS || coarse ||
	       daemon->now_ns < collapser->mapped_since_ns + YOUNG_NS;
}

/* Of @n warm slots the first are hot. */
static void choose(struct daemon *daemon, struct target *target, size_t n)
{
	const struct choice_slot *slots = daemon->madvise->warm;
	unsigned int min_populated_pct = daemon->options->min_populated_pct;
	size_t n_hot = count_hot(slots, n, threshold_pct(daemon, target));
	struct collapser *collapser = target->collapser;

	collapser->choice = choice_make(slots, n_hot, min_populated_pct, collapser->chosen);
	collapser->next = 0;
	collapser->small_heat_pct = choice_hottest_small_pct(slots, n, min_populated_pct);
	if (is_young(daemon, collapser))
		collapser->choice.n = 0;
	target->heat_known = heat_aggregations(collapser->heat) > 0 && !collapser->choice.unknown;
	target->hot_bytes = collapser->choice.hot_bytes;
	target->hot_huge_bytes = collapser->choice.hot_huge_bytes;
	say_sparse(daemon, target);
	say_coarse(target);
}

static int look_at(struct daemon *daemon, struct target *target)
{
	struct collapser *collapser = target->collapser;
	double least_pct = threshold_pct(daemon, target);
	size_t n;
	int err = look_at_mappings(daemon, target);

	if (least_pct > WARM_PCT)
		least_pct = WARM_PCT;
	if (!err)
		err = gather_warm(daemon, target, least_pct, &n);
	if (!err)
		err = collapser_make_room(collapser, n);
	if (!err)
		err = read_pages(daemon, target, n);
	if (!err)
		choose(daemon, target, n);
	return err;
}

/*
 * The process has ended, or may not be read, there is no memory, or its kdamond is silent: nothing is collapsed by what
 * was known before.
 */
static void look_in_vain(struct target *target, int err)
{
	note_refusal(target, err);
	target->heat_known = false;
	target->collapser->choice = (struct choice){0};
	target->collapser->next = 0;
}

static void say_limit(const struct pace_limit *before, const struct pace_limit *now)
{
	if ((before->share_pct == 100) == (now->share_pct == 100) && !before->share_pct == !now->share_pct)
		return;
	if (now->share_pct == 100)
		log_info("memory is plenty again: collapsing at full pace");
	else
		log_info("%s", now->reason);
}

static void look_at_pressure(struct daemon *daemon)
{
	struct madvise *madvise = daemon->madvise;
	struct pace_limit before = madvise->limit;
	struct memory_pressure pressure;

	if (madvise->pressure_ns && daemon->now_ns - madvise->pressure_ns < PRESSURE_NS)
		return;
	madvise->pressure_ns = daemon->now_ns;
	pressure_read("/proc", &pressure);
	pace_limit_by(&pressure, &madvise->limit);
	say_limit(&before, &madvise->limit);
	for (unsigned int seat = 0; seat < daemon->n_seats; seat++)
		if (daemon->targets[seat].used)
			pace_set_share(&daemon->targets[seat].collapser->pace, madvise->limit.share_pct,
				       daemon->now_ns);
}

static void say_incomplete(struct madvise *madvise)
{
	struct regions_counts counts = regions_counts(madvise->regions);

	if (!counts.incomplete || madvise->said_incomplete)
		return;
	madvise->said_incomplete = true;
	log_warning("of %" PRIu64 " aggregations %" PRIu64 " came in part only, and were thrown away",
		    counts.taken + counts.incomplete, counts.incomplete);
}

static uint64_t next_look_ns(const struct daemon *daemon)
{
	const struct madvise *madvise = daemon->madvise;
	uint64_t rest_ns = madvise->look_cost_ns * LOOK_REST;
	bool acting = false;

	for (unsigned int seat = 0; seat < daemon->n_seats; seat++)
		acting |= daemon->targets[seat].used && daemon->targets[seat].descent.acting;
	if (rest_ns < (acting ? LOOK_NS : LOOK_PARKED_NS))
		rest_ns = acting ? LOOK_NS : LOOK_PARKED_NS;
	return madvise->look_ns + rest_ns;
}

static bool has_ended(struct process_id id)
{
	struct process_facts facts;
	int err = process_facts_read("/proc", id.tgid, &facts);

	return err ? err == -ESRCH : !process_facts_match(&facts, id) || !facts.live_tid;
}

/* What they had is free, and does not count any more. */
static void forget_ended(struct daemon *daemon)
{
	struct madvise *madvise = daemon->madvise;

	if (!daemon->options->max_huge_bytes || daemon->now_ns - madvise->left_ns < LEFT_NS)
		return;
	madvise->left_ns = daemon->now_ns;
	for (size_t i = madvise->left.n; i-- > 0;) {
		const struct left_process *process = &madvise->left.processes[i];

		if (has_ended(process->id))
			left_take(&madvise->left, process->id, process->execs);
	}
}

static void look(struct daemon *daemon)
{
	uint64_t began_ns = clock_boot_ns();

	look_at_pressure(daemon);
	say_incomplete(daemon->madvise);
	forget_ended(daemon);
	daemon_take_counts(daemon);
	for (unsigned int seat = 0; seat < daemon->n_seats; seat++) {
		struct target *target = &daemon->targets[seat];
		int err;

		if (!target->used)
			continue;
		follow_kdamond(daemon, target);
		if (target->execs != target->collapser->execs) {
			collapser_forget(target->collapser);
			target->collapser->execs = target->execs;
			target->collapser->done = 0; /* it went with the old memory */
			target->collapser->said_capped = false;
		}
		err = look_at(daemon, target);
		if (err || is_silent(daemon, target))
			look_in_vain(target, err);
		daemon_descend(daemon, seat);
	}
	/* From its end on: looks that take long must leave time for the collapses. */
	daemon->now_ns = daemon->madvise->look_ns = clock_boot_ns();
	daemon->madvise->look_cost_ns = daemon->now_ns - began_ns;
}

/* ---- collapsing ---- */

/* Huge bytes that we added and that can still be there. */
static uint64_t added_bytes(const struct daemon *daemon)
{
	uint64_t sum = left_bytes(&daemon->madvise->left);

	for (unsigned int seat = 0; seat < daemon->n_seats; seat++)
		if (daemon->targets[seat].used)
			sum += daemon->targets[seat].collapser->done * PMD_SIZE_BYTES;
	return sum;
}

void madvise_leave(struct daemon *daemon, const struct target *target)
{
	const struct collapser *collapser = target->collapser;

	if (!collapser || target_is_gone(target))
		return;
	left_put(&daemon->madvise->left, &(struct left_process){
						 .id = target->id,
						 .execs = collapser->execs,
						 .bytes = collapser->done * PMD_SIZE_BYTES,
					 });
}

static bool has_room(const struct daemon *daemon, const struct target *target)
{
	const struct run_options *options = daemon->options;

	return choice_room(options->max_huge_bytes, added_bytes(daemon)) &&
	       choice_room(options->max_target_huge_bytes, target->collapser->done * PMD_SIZE_BYTES);
}

static bool within_caps(struct daemon *daemon, struct target *target)
{
	struct collapser *collapser = target->collapser;

	if (has_room(daemon, target))
		return true;
	if (!collapser->said_capped)
		log_info("%s (%u): the cap is reached: %" PRIu64 " MiB made huge in it, %" PRIu64
			 " MiB in all",
			 target->comm, target->id.tgid, bytes_to_mib(collapser->done * PMD_SIZE_BYTES),
			 bytes_to_mib(added_bytes(daemon)));
	collapser->said_capped = true;
	return false;
}

/* Since the look it may have become huge, or been given back. */
static bool is_still_small(struct daemon *daemon, struct target *target, uint64_t start)
{
	struct choice_slot slot = {.start = start};
	struct slot_pages pages;
	uint64_t chosen;

	if (slot_pages_read("/proc", target->facts.live_tid, &start, 1, &pages))
		return false;
	slot.huge = pages.huge;
	slot.populated = slot_pages_populated(&pages);
	heat_set_huge(target->collapser->heat, start, pages.huge);
	return choice_make(&slot, 1, daemon->options->min_populated_pct, &chosen).n;
}

static void note_outcome(struct daemon *daemon, struct target *target, uint64_t start, int err)
{
	enum collapse_outcome outcome = collapse_outcome_of(err);
	struct collapser *collapser = target->collapser;

	backoff_note(collapser->backoff, start, outcome, daemon->now_ns);
	note_refusal(target, err);
	switch (outcome) {
	case COLLAPSE_DONE:
		collapser->done++;
		heat_set_huge(collapser->heat, start, true);
		backoff_pause_work(&collapser->pause);
		backoff_pause_work(&daemon->madvise->no_memory);
		break;
	case COLLAPSE_NO_MEMORY:
		backoff_pause_fail(&daemon->madvise->no_memory, daemon->now_ns);
		break;
	case COLLAPSE_UNSUITABLE:
		vma_map_doubt(&collapser->mappings, start);
		collapser->mappings_ns = 0; /* the next look asks: mostly it is one slot, not the mapping */
		break;
	case COLLAPSE_DENIED:
		daemon->totals.errors++;
		backoff_pause_fail(&collapser->pause, daemon->now_ns);
		break;
	case COLLAPSE_LIMITED:
	case COLLAPSE_GONE:
		backoff_pause_fail(&collapser->pause, daemon->now_ns);
		break;
	default:
		break;
	}
}

static void collapse_next(struct daemon *daemon, struct target *target)
{
	struct collapser *collapser = target->collapser;
	uint64_t start = collapser->chosen[collapser->next++], began_ns, took_ns;
	int err;

	if (!within_caps(daemon, target)) {
		collapser->next = collapser->choice.n;
		return;
	}
	if (!is_still_small(daemon, target, start)) {
		daemon->now_ns = clock_boot_ns(); /* a turn of such slots ends in time too */
		return;
	}
	/* CPU time: the call also waits for a CPU, and for all CPUs to drain their lists, and that stalls nobody else. */
	began_ns = clock_thread_cpu_ns();
	err = collapse_slot(target->pidfd, start, NULL);
	took_ns = clock_thread_cpu_ns() - began_ns;
	daemon->now_ns = clock_boot_ns();
	/* It is also what the kernel says of memory that was just unmapped: then nobody else has to wait. */
	if (err == -ENOMEM && !is_still_small(daemon, target, start))
		err = -EAGAIN;
	collapser->calls++;
	collapser->stall_ns += took_ns;
	pace_charge(&collapser->pace, took_ns, daemon->now_ns);
	note_outcome(daemon, target, start, err);
}

static bool is_held_up(const struct daemon *daemon, const struct target *target)
{
	return backoff_pauses(&target->collapser->pause, daemon->now_ns) ||
	       backoff_pauses(&daemon->madvise->no_memory, daemon->now_ns);
}

/* When the target may go on with what was chosen; UINT64_MAX: not before the next look. */
static uint64_t goes_on_ns(const struct daemon *daemon, const struct target *target)
{
	if (!target->used || !target->descent.acting || !collapser_left(target->collapser) ||
	    is_held_up(daemon, target))
		return UINT64_MAX;
	return pace_next_ns(&target->collapser->pace, daemon->now_ns);
}

/* One slot of each target in turn, so that none waits for another's whole memory. */
static bool collapse_one(struct daemon *daemon)
{
	struct madvise *madvise = daemon->madvise;

	for (unsigned int i = 0; i < daemon->n_seats; i++) {
		struct target *target = &daemon->targets[madvise->next_seat++ % daemon->n_seats];

		if (goes_on_ns(daemon, target) > daemon->now_ns)
			continue;
		collapse_next(daemon, target);
		return true;
	}
	return false;
}

static uint64_t next_turn_ns(const struct daemon *daemon)
{
	uint64_t next_ns = next_look_ns(daemon);

	for (unsigned int seat = 0; seat < daemon->n_seats; seat++) {
		uint64_t goes_on = goes_on_ns(daemon, &daemon->targets[seat]);

		if (goes_on < next_ns)
			next_ns = goes_on;
	}
	return next_ns;
}

uint64_t madvise_turn(struct daemon *daemon)
{
	uint64_t until_ns;

	regions_take(daemon->madvise->regions, on_aggregation, daemon);
	until_ns = daemon->now_ns + TURN_NS;
	if (daemon->now_ns >= next_look_ns(daemon))
		look(daemon);
	while (daemon->now_ns < until_ns && collapse_one(daemon))
		;
	return next_turn_ns(daemon);
}

/* All that is accessed may be in regions too large to tell where: nothing is known of it, and not that it is cold. */
static bool is_coarse(const struct collapser *collapser)
{
	return !collapser->choice.n && heat_coarse_bytes(collapser->heat);
}

static bool can_try(const struct daemon *daemon, const struct target *target)
{
	return !is_young(daemon, target->collapser) && !is_held_up(daemon, target) &&
	       has_room(daemon, target) && daemon->madvise->limit.share_pct;
}

void madvise_evidence(const struct daemon *daemon, const struct target *target,
		      struct descent_evidence *evidence)
{
	const struct collapser *collapser = target->collapser;
	bool could = can_try(daemon, target);

	evidence->applies = collapser->applies;
	evidence->held_up = !could || collapser->choice.unknown || is_coarse(collapser);
	evidence->collapsible_bytes = could ? collapser->choice.n * PMD_SIZE_BYTES : 0;
	evidence->small_heat_known = target->heat_known && collapser->small_heat_pct >= 0;
	evidence->small_heat_pct = evidence->small_heat_known ? (unsigned int)collapser->small_heat_pct : 0;
	evidence->sparse = collapser->choice.sparse;
	evidence->refused = collapse_refusal(collapser->refused);
}

void madvise_status(const struct daemon *daemon, const struct target *target, struct status_target *status)
{
	const struct collapser *collapser = target->collapser;

	if (!collapser)
		return;
	status->paced = true;
	status->stall_budget_us = collapser->pace.budget_us;
	status->pace_pct = daemon->madvise->limit.share_pct;
	status->pace_reason =
		collapser->refused ? collapse_refusal(collapser->refused) : daemon->madvise->limit.reason;
	status->capped = !has_room(daemon, target);
	status->stall_us = collapser->stall_ns / 1000;
	status->calls = collapser->calls;
	status->sparse_slots = collapser->choice.sparse;
	status->waiting_slots = collapser->choice.waiting;
	status->chosen_slots = collapser_left(collapser);
}
