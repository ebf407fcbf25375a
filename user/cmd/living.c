// SPDX-License-Identifier: GPL-2.0
#include "cmd/living.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

/* Its lock tells; without root, whether the process that made the claim is there. */
bool daemon_lives(const struct claim_paths *paths)
{
	int held = claim_is_held(paths);
	struct claim claim;

	if (held >= 0)
		return held;
	return !claim_read(paths, &claim, NULL) && (!kill(claim.pid, 0) || errno == EPERM);
}

char *living_read(const char *state_dir, const char *name)
{
	struct claim_paths paths = claim_default_paths;
	char *text = NULL;

	paths.state_dir = state_dir;
	if (daemon_lives(&paths))
		file_read(state_dir, name, &text, NULL);
	return text;
}
