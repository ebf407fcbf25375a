// SPDX-License-Identifier: GPL-2.0
#include "daemon/source.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/internal.h"
#include "decide/readings.h"
#include "report/log.h"
#include "report/status.h"
#include "sense/tried.h"

struct source {
	struct regions *regions; /* NULL: by sysfs, and what follows is used */
	struct tried *tried;
	struct readings readings;
	struct reading *of; /* [n_slots] */
	pid_t *kdamonds;    /* [n_slots]: of which `of` is */
	unsigned int n_slots;
	struct regions_counts counts;
	uint64_t failed_ns; /* when it was last said that one failed; 0: never */
};

#define SAY_AGAIN_NS 60000000000ULL

static int open_stream(const struct daemon *daemon, struct source *source, struct act_error *error)
{
	int err = regions_open(daemon->n_slots, daemon->options->max_regions, &source->regions);

	if (err == -ENOENT)
		return act_fail(error, ENOENT, "find the tracepoint damon_aggregated");
	return err ? act_fail(error, -err, "load regions.bpf.o (HOTDAMON_DEBUG=1 shows the verifier's words)")
		   : 0;
}

static int open_readings(const struct daemon *daemon, struct source *source, struct act_error *error)
{
	source->n_slots = daemon->n_slots;
	source->tried = tried_new();
	source->of = calloc(source->n_slots, sizeof(*source->of));
	source->kdamonds = calloc(source->n_slots, sizeof(*source->kdamonds));
	if (!source->tried || !source->of || !source->kdamonds)
		return act_fail(error, ENOMEM, "regions by sysfs");
	for (unsigned int slot = 0; slot < source->n_slots; slot++)
		source->of[slot] = READING_NONE;
	return 0;
}

int source_open(const struct daemon *daemon, struct source **out, struct act_error *error)
{
	enum source_kind kind = daemon->options->regions;
	struct source *source = calloc(1, sizeof(*source));
	int err = -ENOENT;

	if (!source)
		return act_fail(error, ENOMEM, "regions");
	if (kind != SOURCE_SYSFS)
		err = open_stream(daemon, source, error);
	if (err && kind == SOURCE_AUTO)
		log_info("regions are read from sysfs, which is coarser in time and costs more: %s",
			 error->text);
	if (err && kind != SOURCE_BPF)
		err = open_readings(daemon, source, error);
	if (err) {
		source_close(source);
		return err;
	}
	*out = source;
	return 0;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	regions_close(source->regions);
	tried_free(source->tried);
	free(source->of);
	free(source->kdamonds);
	free(source);
}

bool source_streams(const struct source *source)
{
	return source->regions != NULL;
}

int source_fd(const struct source *source)
{
	return source->regions ? regions_fd(source->regions) : -1;
}

int source_watch(struct source *source, pid_t kdamond)
{
	return source->regions ? regions_watch(source->regions, kdamond) : 0;
}

void source_leave(struct source *source, pid_t kdamond)
{
	if (source->regions)
		regions_leave(source->regions, kdamond);
}

static uint64_t aggr_ns(const struct target *target)
{
	return 1000 * target->intervals.aggr_us;
}

/* Another kdamond in a slot is another one to read. */
static void follow_slots(struct daemon *daemon, struct source *source)
{
	for (unsigned int slot = 0; slot < source->n_slots; slot++) {
		const struct target *target = &daemon->targets[slot];
		pid_t kdamond = target->used ? target->collapser->watched : 0;

		if (kdamond == source->kdamonds[slot])
			continue;
		source->kdamonds[slot] = kdamond;
		source->of[slot] = kdamond ? reading_begin(daemon->now_ns, aggr_ns(target)) : READING_NONE;
	}
}

/* What is not hidden costs memory until the next reading, which clears it as well: no failure. */
static int read_slot(struct source *source, struct damon *damon, unsigned int slot,
		     struct reading_times *times, const struct heat_region **regions, size_t *n,
		     struct act_error *error)
{
	char path[PATH_MAX];
	int err;

	times->began_ns = daemon_clock_ns();
	err = damon_show_regions(damon, slot, error);
	times->answered_ns = times->ended_ns = daemon_clock_ns();
	if (err)
		return err;
	damon_regions_path(damon, slot, path);
	err = tried_read(source->tried, path, regions, n);
	if (err)
		act_fail(error, -err, "read %s", path);
	damon_hide_regions(damon, slot, NULL);
	times->ended_ns = daemon_clock_ns();
	return err;
}

/* A kdamond that has ended by itself is no failure: the tick finds out why. */
static void say_failed(struct daemon *daemon, struct source *source, unsigned int slot,
		       const struct act_error *error)
{
	const struct target *target = &daemon->targets[slot];
	bool on;

	if (source->failed_ns && daemon->now_ns - source->failed_ns < SAY_AGAIN_NS)
		return;
	if (!damon_is_on(daemon->damon, slot, &on, NULL) && !on)
		return;
	source->failed_ns = daemon->now_ns;
	log_warning("%s (%u): its regions cannot be read: %s", target->comm, target->id.tgid, error->text);
}

static void read_one(struct daemon *daemon, struct source *source, unsigned int slot, regions_fn fn)
{
	const struct heat_region *regions = NULL;
	struct reading_times times;
	struct act_error error;
	size_t n = 0;
	int err = read_slot(source, daemon->damon, slot, &times, &regions, &n, &error);

	readings_note(&source->readings, &source->of[slot], &times, aggr_ns(&daemon->targets[slot]));
	daemon->now_ns = times.ended_ns;
	if (!err) {
		source->counts.taken++;
		fn(daemon, source->kdamonds[slot], regions, n, times.answered_ns);
	} else if (err == -EAGAIN) {
		source->counts.incomplete++;
	} else if (err != -EBUSY) { /* somebody else has DAMON's lock: the next one, then */
		say_failed(daemon, source, slot, &error);
	}
}

void source_take(struct daemon *daemon, struct source *source, regions_fn fn)
{
	uint64_t at_ns;
	size_t slot;

	if (source->regions) {
		regions_take(source->regions, fn, daemon);
		return;
	}
	follow_slots(daemon, source);
	slot = readings_next(&source->readings, source->of, source->n_slots, &at_ns);
	if (at_ns <= daemon->now_ns)
		read_one(daemon, source, (unsigned int)slot, fn);
}

uint64_t source_next_ns(const struct source *source)
{
	uint64_t at_ns = UINT64_MAX;

	if (!source->regions)
		readings_next(&source->readings, source->of, source->n_slots, &at_ns);
	return at_ns;
}

int source_listen_again(struct source *source)
{
	return source->regions ? regions_attach_again(source->regions) : 0;
}

struct regions_counts source_counts(const struct source *source)
{
	return source->regions ? regions_counts(source->regions) : source->counts;
}

void source_status(const struct source *source, const struct daemon *daemon, struct status *status)
{
	const struct readings *readings = &source->readings;
	uint64_t lasted_ns = daemon->now_ns - daemon->started_ns;

	status->regions_source = source->regions ? "bpf" : "sysfs";
	if (source->regions || !readings->n)
		return;
	status->readings = readings->n;
	status->reading_ms = (double)readings->spent_ns / (double)readings->n / 1e6;
	status->reading_pct = 100.0 * (double)readings->spent_ns / (double)lasted_ns;
}
