// SPDX-License-Identifier: GPL-2.0
#include "sense/hidepid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/textfile.h"

bool hidepid_of_mounts(const char *text)
{
	bool hides = false;

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		char path[8], type[8], options[256];
		const char *rest;

		line += *line == '\n';
		rest = strstr(line, " - ");
		/* What does not hide is not told: there is no hidepid=0 in it. */
		if (rest && rest < line + strcspn(line, "\n") &&
		    sscanf(line, "%*s %*s %*s / %7s ", path) == 1 && !strcmp(path, "/proc") &&
		    sscanf(rest, " - %7s %*s %255s", type, options) == 2 && !strcmp(type, "proc"))
			hides = strstr(options, "hidepid=") != NULL;
	}
	return hides;
}

bool hidepid_read(const char *proc_root)
{
	bool hides;
	char *text;

	/* systemd gives a service with a mount namespace a /proc of its own, which hides nothing. */
	if (textfile_read_all(&text, "%s/1/mountinfo", proc_root) &&
	    textfile_read_all(&text, "%s/self/mountinfo", proc_root))
		return false;
	hides = hidepid_of_mounts(text);
	free(text);
	return hides;
}
