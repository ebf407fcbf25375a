// SPDX-License-Identifier: GPL-2.0
#include "act/damon_command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/aside.h"
#include "base/reach.h"
#include "base/textfile.h"

/* A target that cannot be found is none to wait for. */
static int ask_target(const char *root, unsigned int seat, const char *word, struct act_error *error)
{
	uint64_t tid;

	if (textfile_read_u64(&tid, "%s/%u/contexts/0/targets/0/pid_target", root, seat) ||
	    reach_ask("/proc", (uint32_t)tid) != -ETIME)
		return 0;
	return act_fail(error, ETIME,
			"tell the kdamond of seat %u '%s': process %u, which it watches, holds the lock of "
			"its memory",
			seat, word, (unsigned int)tid);
}

int damon_command(const char *root, unsigned int seat, const char *word, struct act_error *error)
{
	char path[PATH_MAX];
	int err = ask_target(root, seat, word, error);

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/%u/state", root, seat);
	return knob_command(path, word, error);
}

int damon_seat_is_on(const char *root, unsigned int seat, bool *on, struct act_error *error)
{
	char path[PATH_MAX], text[16];
	int err;

	if (aside_waits_ns(ASIDE_DAMON))
		return act_fail(error, ETIME, "ask for seat %u: DAMON waits for one of its threads", seat);
	snprintf(path, sizeof(path), "%s/%u/state", root, seat);
	err = knob_read(path, text, sizeof(text), error);
	if (!err)
		*on = !strcmp(text, "on");
	return err;
}

int damon_turn_off(const char *root, unsigned int seat, struct act_error *error)
{
	bool on;
	int err = damon_seat_is_on(root, seat, &on, error);

	if (err || !on)
		return err;
	err = damon_command(root, seat, "off", error);
	if (err && !damon_seat_is_on(root, seat, &on, NULL) && !on)
		err = 0;
	return err;
}
