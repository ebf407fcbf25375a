// SPDX-License-Identifier: GPL-2.0
#include "act/damon_stat.h"

#include <errno.h>

int damon_stat_is_on(const struct claim_paths *paths, bool *on)
{
	char value[8];
	int err = knob_read(paths->damon_stat, value, sizeof(value), NULL);

	if (!err)
		*on = value[0] == 'Y';
	return err;
}

int damon_stat_turn(const struct claim_paths *paths, bool on, struct act_error *error)
{
	bool now;
	int err = knob_write(paths->damon_stat, on ? "Y" : "N", error);

	if (err)
		return err;
	err = damon_stat_is_on(paths, &now);
	if (err)
		return act_fail(error, -err, "read %s", paths->damon_stat);
	if (now != on)
		return act_fail(error, EIO, "%s stays %s", paths->damon_stat, now ? "on" : "off");
	return 0;
}
