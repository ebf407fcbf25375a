// SPDX-License-Identifier: GPL-2.0
#include "act/align.h"

#include <stdio.h>
#include <string.h>

/* "always within_size advise [never] deny force" */
int align_is(const struct claim_paths *paths, const char *value)
{
	char found[128], chosen[32];
	int err = knob_read(paths->shmem_enabled, found, sizeof(found), NULL);

	if (err)
		return err;
	snprintf(chosen, sizeof(chosen), "[%s]", value);
	return strstr(found, chosen) != NULL;
}

int align_turn(const struct claim_paths *paths, bool on, struct act_error *error)
{
	return knob_write(paths->shmem_enabled, on ? "advise" : "never", error);
}
