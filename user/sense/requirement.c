// SPDX-License-Identifier: GPL-2.0
#include "sense/requirement.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include "base/exit_status.h"
#include "base/passing.h"
#include "sense/requirement_rows.h"

static enum host_answer answer_of(const struct host_facts *facts, const struct requirement_row *row)
{
	if (row->answer)
		return row->answer(facts);
	return *(const enum host_answer *)((const char *)facts + row->fact);
}

static void judge(const struct host_facts *facts, const struct requirement_row *row,
		  struct host_requirement *r)
{
	*r = (struct host_requirement){
		.name = row->name,
		.needed_for = row->needed_for,
		.since = row->since ? row->since : "",
		.answer = answer_of(facts, row),
	};
	if (row->found[r->answer])
		snprintf(r->found, sizeof(r->found), "%s", row->found[r->answer]);
	if (r->answer == HOST_NO)
		snprintf(r->consequence, sizeof(r->consequence), "%s", row->consequence);
	if (r->answer == HOST_NO && row->remedy)
		snprintf(r->remedy, sizeof(r->remedy), "%s", row->remedy);
	if (r->answer == HOST_UNKNOWN && row->to_know)
		snprintf(r->remedy, sizeof(r->remedy), "%s", row->to_know);
	if (row->tell)
		row->tell(facts, r);
}

size_t host_requirements(const struct host_facts *facts, struct host_requirement list[HOST_MAX_REQUIREMENTS])
{
	for (size_t i = 0; i < n_requirement_rows; i++)
		judge(facts, &requirement_rows[i], &list[i]);
	return n_requirement_rows;
}

size_t host_missing(const struct host_facts *facts, unsigned int needs,
		    struct host_requirement list[HOST_MAX_REQUIREMENTS])
{
	size_t n = 0;

	for (size_t i = 0; i < n_requirement_rows; i++) {
		const struct requirement_row *row = &requirement_rows[i];

		if (row->needed_for & needs && answer_of(facts, row) == HOST_NO)
			judge(facts, row, &list[n++]);
	}
	return n;
}

unsigned int host_needs_of(enum executor_kind executor)
{
	switch (executor) {
	case EXECUTOR_DRY_RUN:
		return HOST_FOR_HOTNESS | HOST_FOR_PINNING;
	case EXECUTOR_NONE:
		return HOST_FOR_HOTNESS | HOST_FOR_PINNING | HOST_FOR_WATCHING;
	case EXECUTOR_DAMOS:
		return HOST_FOR_ALL | HOST_FOR_DAMOS;
	default:
		return HOST_FOR_ALL | HOST_FOR_MADVISE;
	}
}

const char *host_need_name(enum host_need need)
{
	switch (need) {
	case HOST_FOR_HOTNESS:
		return "hotness";
	case HOST_FOR_PINNING:
		return "pinning";
	case HOST_FOR_WATCHING:
		return "watching";
	case HOST_FOR_COLLAPSING:
		return "collapsing";
	case HOST_FOR_DAMOS:
		return "damos";
	case HOST_FOR_MADVISE:
		return "madvise";
	default:
		return "information";
	}
}

/* Who may not even load BPF is told what root could do. */
static bool bars(const struct host_facts *facts, const struct requirement_row *row)
{
	if (row->bars == BARS_NONE || (row->bars == BARS_IF_PRIVILEGED && !host_may_bpf(&facts->self)))
		return false;
	return answer_of(facts, row) == HOST_NO;
}

static bool can(const struct host_facts *facts, enum executor_kind executor)
{
	unsigned int needs = host_needs_of(executor);

	for (size_t i = 0; i < n_requirement_rows; i++)
		if (requirement_rows[i].needed_for & needs && bars(facts, &requirement_rows[i]))
			return false;
	return true;
}

struct executor_abilities host_abilities(const struct host_facts *facts)
{
	return (struct executor_abilities){
		.damos = can(facts, EXECUTOR_DAMOS),
		.madvise = can(facts, EXECUTOR_MADVISE),
		.watch = can(facts, EXECUTOR_NONE),
	};
}

void host_judge(const struct host_facts *facts, enum executor_kind asked, struct host_verdict *verdict)
{
	struct executor_abilities abilities = host_abilities(facts);

	verdict->executor = asked;
	verdict->reason[0] = '\0';
	if (asked == EXECUTOR_AUTO)
		verdict->executor = executor_choose(&abilities, verdict->reason);
	if (asked == EXECUTOR_AUTO && verdict->executor == EXECUTOR_NONE)
		verdict->executor = EXECUTOR_AUTO;
	verdict->n_missing = host_missing(facts, host_needs_of(verdict->executor), verdict->missing);
}

int host_status_of_load(int err)
{
	if (!err)
		return EXIT_DONE;
	/*
	 * libbpf's words: ESRCH for BTF that was not read, and the list of requirements knew before whether there is any;
	 * its own numbers for what is wrong with the object, which is part of us.
	 */
	return err_is_passing(err) || err == -ESRCH || -err >= __LIBBPF_ERRNO__START ? EXIT_FAILED
										     : EXIT_HOST;
}

int host_status_of(int err)
{
	switch (abs(err)) {
	case 0:
		return EXIT_DONE;
	case EACCES:
	case ENODEV:
	case ENOENT:
	case ENOSYS:
	case ENOTTY:
	case EOPNOTSUPP:
	case EPERM:
	case EROFS:
		return EXIT_HOST;
	default:
		return EXIT_FAILED;
	}
}

const char *host_load_hint(int err)
{
	return host_status_of_load(err) == EXIT_HOST ? " (HOTDAMON_DEBUG=1 shows the verifier's words)" : "";
}
