// SPDX-License-Identifier: GPL-2.0
#include "report/explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "decide/share.h"
#include "decide/shared.h"
#include "report/status.h"
#include "report/text.h"
#include "report/whose.h"

/* How a step went: it lets the process through, or stops it there; it only tells; it is not known. */
enum mark { LETS = '+', STOPS = '-', TELLS = ' ', UNKNOWN = '?' };

__attribute__((format(printf, 4, 5))) static void step(FILE *file, enum mark mark, const char *name,
						       const char *format, ...)
{
	char text[4 * REASON_LEN], clean[16 * REASON_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_clean(text, clean, sizeof(clean));
	fprintf(file, "    %c %s: %s\n", mark, name, clean);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / MIB_BYTES;
}

static uint64_t could_bytes(const struct explain_memory *memory)
{
	return memory->anon_bytes + memory->aligned_bytes;
}

static const struct {
	const char *key, *words;
} answers[EXPLAIN_ANSWERS] = {
	[EXPLAIN_UNKNOWN] = {"unknown", "not known whether it would be watched"},
	[EXPLAIN_WATCHED] = {"watched", "watched"},
	[EXPLAIN_SKIPPED] = {"skipped", "not watched"},
	[EXPLAIN_WOULD_WATCH] = {"would_be_watched", "would be watched"},
	[EXPLAIN_WOULD_SKIP] = {"would_be_skipped", "would not be watched"},
};

/* ---- who ---- */

/* By what it is judged. */
static void print_by(const struct explain *explain, FILE *file)
{
	static const char *const words[] = {
		[EXPLAIN_NO_FILES] = "the defaults of hotdamon run",
		[EXPLAIN_FILES] = "the configuration files of hotdamon run",
		[EXPLAIN_WRONG_FILES] = "what can be used of the configuration files of hotdamon run",
	};

	if (explain->told)
		fprintf(file, "      by: the daemon (pid %d), as of its tick %" PRIu64 ", one every %g s\n",
			explain->told->daemon, explain->told->tick, explain->told->interval_s);
	else
		fprintf(file, "      by: a look of now, and %s%s: no daemon is running\n",
			words[explain->files],
			explain->files == EXPLAIN_WRONG_FILES ? " (what not, hotdamon config says)" : "");
}

static void print_head(const struct explain *explain, FILE *file)
{
	char name[WHOSE_NAME_LEN], clean[4 * WHOSE_NAME_LEN], details[WHOSE_DETAILS_LEN];
	char reason[4 * REASON_LEN];

	whose_name(explain->comm, explain->id.tgid, explain->whose, name);
	text_clean(name, clean, sizeof(clean));
	fprintf(file, "%s: %s: ", clean, answers[explain->answer].words);
	text_clean(explain->reason, reason, sizeof(reason));
	fprintf(file, "%s\n", reason);
	print_by(explain, file);
	whose_details(explain->whose, details);
	if (*details)
		step(file, TELLS, "of", "%s", details);
	if (*explain->cgroup)
		step(file, TELLS, "cgroup", "%s", explain->cgroup);
	if (explain->members > 1)
		fprintf(file,
			"      members: it is the largest of %zu processes of this service, which have %.0f "
			"MiB in all\n",
			explain->members, mib(explain->their_bytes));
}

/* ---- the steps ---- */

static const char *clock_of(enum rank_by by)
{
	return by == RANK_BY_USER ? "of user time" : "of user and system time";
}

/* "3 of 41 that ran, ", as far as it is known. */
static void place_words(unsigned int rank, size_t of, char words[64])
{
	*words = '\0';
	if (rank && of)
		snprintf(words, 64, "%u of %zu that ran, ", rank, of);
}

static void print_rank(const struct explain *explain, FILE *file)
{
	const struct explain_settings *settings = &explain->settings;
	const struct explain_rank *rank = &explain->rank;
	double pct = rank->of_service ? rank->service_pct : rank->cpu_pct;
	char place[64], service_place[64], service[160] = "";

	if (rank->unknown) {
		step(file, UNKNOWN, "rank", "not known: %s", rank->unknown);
		return;
	}
	if (!rank->ranked) {
		step(file, STOPS, "rank", "it did not run within %.1f s; %g %% of a CPU %s is asked for",
		     rank->window_s, settings->min_cpu_pct, clock_of(settings->rank_by));
		return;
	}
	place_words(rank->rank, rank->processes, place);
	place_words(rank->service_rank, rank->services, service_place);
	if (rank->of_service)
		snprintf(service, sizeof(service), "its service: %s%.1f %% of a CPU; itself: ", service_place,
			 rank->service_pct);
	step(file, pct < settings->min_cpu_pct ? STOPS : LETS, "rank",
	     "%s%s%.1f %% of a CPU %s; the hottest %u%s from %g %% on are watched", service, place,
	     rank->cpu_pct, clock_of(settings->rank_by), settings->top,
	     settings->by_service ? " services" : "", settings->min_cpu_pct);
}

static void print_rules(const struct explain *explain, FILE *file)
{
	char reason[REASON_LEN];

	rules_explain(&explain->rules, reason);
	step(file, explain->rules.out ? STOPS : LETS, "rules", "%s",
	     *reason ? reason : "no rule matches it, and its owner said nothing");
}

static void print_bars(const struct explain *explain, FILE *file)
{
	if (explain->opted_out)
		step(file, STOPS, "opt-out", "%s", explain->barred);
	else
		step(file, LETS, "opt-out", "it did not opt out of huge pages");
	if (explain->barred && !explain->opted_out)
		step(file, STOPS, "reach", "%s", explain->barred);
}

/* What could not be read is neither there nor lacking. */
static bool cannot_tell_aligned(const struct explain_memory *memory)
{
	return memory->shared_bytes && memory->aligned_unknown;
}

static enum mark mark_of_memory(const struct explain *explain)
{
	const struct explain_memory *memory = &explain->memory;
	uint64_t least = explain->settings.min_mem_bytes;

	if (could_bytes(memory) >= least)
		return LETS;
	return cannot_tell_aligned(memory) && memory->anon_bytes + memory->shared_bytes >= least ? UNKNOWN
												 : STOPS;
}

static void print_alignment(const struct explain *explain, FILE *file)
{
	const struct explain_memory *memory = &explain->memory;
	uint64_t unaligned = memory->shared_bytes - memory->aligned_bytes;

	if (memory->aligned_unknown)
		step(file, UNKNOWN, "alignment", "not known of its %.0f MiB of shared memory: %s",
		     mib(memory->shared_bytes), memory->aligned_unknown);
	else if (unaligned >= PMD_SIZE_BYTES && explain->pages.unaligned_bytes)
		step(file, memory->aligned_bytes ? LETS : STOPS, "alignment",
		     "%.0f MiB of its %.0f MiB of shared memory are " SHARED_UNALIGNED, mib(unaligned),
		     mib(memory->shared_bytes));
	else
		step(file, LETS, "alignment", "its %.0f MiB of shared memory are aligned to 2 MiB",
		     mib(memory->shared_bytes));
}

static void print_memory(const struct explain *explain, FILE *file)
{
	const struct explain_memory *memory = &explain->memory;
	char shared[80];

	if (cannot_tell_aligned(memory))
		snprintf(shared, sizeof(shared), "of %.0f shared it is not known", mib(memory->shared_bytes));
	else
		snprintf(shared, sizeof(shared), "%.0f shared", mib(memory->aligned_bytes));
	step(file, mark_of_memory(explain), "memory",
	     "%.0f MiB could become huge, %.0f are asked for: %.0f MiB anonymous, %s; not so %.0f of files, "
	     "%.0f in swap, %.0f of hugetlbfs",
	     mib(could_bytes(memory)), mib(explain->settings.min_mem_bytes), mib(memory->anon_bytes), shared,
	     mib(memory->file_bytes), mib(memory->swapped_bytes), mib(memory->hugetlb_bytes));
	if (memory->shared_bytes)
		print_alignment(explain, file);
}

static void print_sharing(const struct explain *explain, FILE *file)
{
	if (explain->shared_unknown)
		step(file, UNKNOWN, "sharing", "not known: %s", explain->shared_unknown);
	else if (explain->shared_pct < 0)
		step(file, UNKNOWN, "sharing",
		     "too little private memory to tell how much of it other processes have too");
	else
		step(file, share_bars_seat(explain->shared_pct, false) ? STOPS : LETS, "sharing",
		     "%d %% of its private memory, by a sample, is shared with other processes (a fork, or "
		     "KSM)",
		     explain->shared_pct);
}

static void print_limits(const struct explain *explain, FILE *file)
{
	char left[80] = "";

	if (explain->limit.free_bytes != ROOM_UNLIMITED)
		snprintf(left, sizeof(left), ", so %.1f MiB are left", mib(explain->limit.free_bytes));
	step(file, explain->limit.free_bytes ? LETS : STOPS, "limits",
	     "%s%s; by collapses it may grow by %s%.1f MiB in all",
	     *explain->limit.reason ? explain->limit.reason : "no control group limits its memory", left,
	     cannot_tell_aligned(&explain->memory) ? "at least " : "", mib(explain->growth_bytes));
}

/* ", 12 too sparsely populated, 4 shared with other processes" */
static void left_words(const struct room_left *left, char *words, size_t size)
{
	size_t used = 0;

	*words = '\0';
	for (unsigned int i = ROOM_FITS + 1; i < ROOM_VERDICTS; i++)
		if (left->slots[i] && used < size)
			used += (size_t)snprintf(words + used, size - used, ", %zu are %s", left->slots[i],
						 room_verdict_words((enum room_verdict)i));
}

static void print_pages(const struct explain *explain, FILE *file)
{
	const struct explain_pages *pages = &explain->pages;
	char left[256], out[80] = "";

	if (pages->unknown) {
		step(file, UNKNOWN, "pages", "not known: %s", pages->unknown);
		return;
	}
	left_words(&pages->left, left, sizeof(left));
	if (pages->left_out)
		snprintf(out, sizeof(out), "; %zu more were not looked at", pages->left_out);
	step(file, TELLS, "pages",
	     "%zu slots of 2 MiB have memory: %zu are huge, %zu could be collapsed if they pay, which would "
	     "add "
	     "%.1f MiB%s%s",
	     pages->slots, pages->huge, pages->ready, mib(pages->ready_bytes), left, out);
}

void explain_print(const struct explain *explain, FILE *file)
{
	bool watched = explain->told && explain->told->place == TOLD_WATCHED;

	print_head(explain, file);
	print_rank(explain, file);
	print_rules(explain, file);
	print_bars(explain, file);
	print_memory(explain, file);
	print_sharing(explain, file);
	print_limits(explain, file);
	print_pages(explain, file);
	if (watched)
		status_print_way(explain->told->process, file);
	else
		step(file, UNKNOWN, "heat",
		     "not known, nor what pays and what that would gain: only of who is watched DAMON tells");
}

/* ---- JSON ---- */

static void add_who(struct json *json, const struct explain *explain)
{
	json_add_u64(json, "pid", explain->id.tgid);
	json_add_u64(json, "start_time_ns", explain->id.start_time_ns);
	json_add_text(json, "comm", explain->comm);
	whose_to_json(json, explain->whose);
	json_add_text(json, "cgroup", *explain->cgroup ? explain->cgroup : NULL);
	json_add_u64(json, "members", explain->members);
	json_add_u64(json, "members_bytes", explain->their_bytes);
	if (explain->told)
		json_add_i64(json, "daemon_pid", explain->told->daemon);
	else
		json_add_null(json, "daemon_pid");
	json_add_text(json, "answer", answers[explain->answer].key);
	json_add_text(json, "reason", explain->reason);
}

static void add_known(struct json *json, const char *key, uint64_t value)
{
	if (value)
		json_add_u64(json, key, value);
	else
		json_add_null(json, key);
}

static void add_rank(struct json *json, const struct explain *explain)
{
	const struct explain_settings *settings = &explain->settings;
	const struct explain_rank *rank = &explain->rank;

	json_open_object(json, "rank");
	json_add_text(json, "unknown", rank->unknown);
	if (!rank->unknown) {
		add_known(json, "rank", rank->rank);
		add_known(json, "processes", rank->processes);
		json_add_decimal(json, "cpu_pct", rank->cpu_pct, 1);
		json_add_decimal(json, "window_s", rank->window_s, 3);
	}
	if (!rank->unknown && rank->of_service) {
		add_known(json, "service_rank", rank->service_rank);
		add_known(json, "services", rank->services);
		json_add_decimal(json, "service_cpu_pct", rank->service_pct, 1);
	}
	json_add_text(json, "by", settings->rank_by == RANK_BY_USER ? "user" : "cpu");
	json_add_decimal(json, "min_cpu_pct", settings->min_cpu_pct, 3);
	json_add_u64(json, "top", settings->top);
	json_close(json);
}

static void add_rules(struct json *json, const struct rules_verdict *verdict)
{
	char reason[REASON_LEN];

	rules_explain(verdict, reason);
	json_open_object(json, "rules");
	json_add_bool(json, "left_out", verdict->out);
	json_add_bool(json, "preferred", verdict->preferred);
	json_add_text(json, "rule", verdict->by ? verdict->by->text : NULL);
	json_add_text(json, "reason", *reason ? reason : NULL);
	json_close(json);
}

static void add_memory(struct json *json, const struct explain *explain)
{
	const struct explain_memory *memory = &explain->memory;

	json_add_bool(json, "opted_out", explain->opted_out);
	json_add_text(json, "barred", explain->barred);
	json_open_object(json, "memory");
	json_add_u64(json, "anon_bytes", memory->anon_bytes);
	json_add_u64(json, "shared_bytes", memory->shared_bytes);
	if (memory->aligned_unknown)
		json_add_null(json, "aligned_bytes");
	else
		json_add_u64(json, "aligned_bytes", memory->aligned_bytes);
	json_add_text(json, "aligned_unknown", memory->aligned_unknown);
	json_add_u64(json, "file_bytes", memory->file_bytes);
	json_add_u64(json, "swapped_bytes", memory->swapped_bytes);
	json_add_u64(json, "hugetlb_bytes", memory->hugetlb_bytes);
	json_add_u64(json, "min_mem_bytes", explain->settings.min_mem_bytes);
	if (explain->shared_pct >= 0)
		json_add_u64(json, "shared_with_others_pct", (uint64_t)explain->shared_pct);
	else
		json_add_null(json, "shared_with_others_pct");
	json_add_text(json, "shared_with_others_unknown", explain->shared_unknown);
	json_close(json);
}

static void add_limits(struct json *json, const struct explain *explain)
{
	json_open_object(json, "limits");
	if (explain->limit.free_bytes == ROOM_UNLIMITED)
		json_add_null(json, "cgroup_free_bytes");
	else
		json_add_u64(json, "cgroup_free_bytes", explain->limit.free_bytes);
	json_add_text(json, "cgroup_limit", *explain->limit.reason ? explain->limit.reason : NULL);
	json_add_u64(json, "max_growth_bytes", explain->growth_bytes);
	json_close(json);
}

static void add_pages(struct json *json, const struct explain_pages *pages)
{
	json_open_object(json, "pages");
	json_add_text(json, "unknown", pages->unknown);
	if (!pages->unknown) {
		json_add_u64(json, "slots", pages->slots);
		json_add_u64(json, "huge_slots", pages->huge);
		json_add_u64(json, "ready_slots", pages->ready);
		json_add_u64(json, "ready_adds_bytes", pages->ready_bytes);
		for (unsigned int i = ROOM_FITS + 1; i < ROOM_VERDICTS; i++) {
			char key[40];

			if (!pages->left.slots[i])
				continue;
			snprintf(key, sizeof(key), "%s_slots", room_verdict_name((enum room_verdict)i));
			json_add_u64(json, key, pages->left.slots[i]);
		}
		json_add_u64(json, "left_out_slots", pages->left_out);
	}
	json_close(json);
}

char *explain_to_json(const struct explain *explain)
{
	struct json json;

	json_start(&json);
	add_who(&json, explain);
	add_rank(&json, explain);
	add_rules(&json, &explain->rules);
	add_memory(&json, explain);
	add_limits(&json, explain);
	add_pages(&json, &explain->pages);
	json_add_copy(&json, "daemon", explain->told ? explain->told->process : NULL);
	return json_finish(&json, JSON_PRETTY);
}
