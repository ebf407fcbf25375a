// SPDX-License-Identifier: GPL-2.0
#include "daemon/mapping.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "act/file.h"
#include "report/log.h"
#include "report/map_file.h"

static size_t count_targets(const struct watch *watch)
{
	size_t n = 0;

	for (unsigned int seat = 0; seat < watch->n_seats; seat++)
		n += watch_target(watch, seat) != NULL;
	return n;
}

/* Of one without a map nothing is told. */
static size_t fill(const struct watch *watch, struct map_file_target *maps)
{
	size_t targets = count_targets(watch), most = targets ? MAP_FILE_SLOTS / targets : 0, n = 0;

	for (unsigned int seat = 0; seat < watch->n_seats; seat++) {
		struct target *target = watch_target(watch, seat);

		if (!target)
			continue;
		maps[n].id = target->id;
		if (executor_map(&watch->executor, target, most, watch->now_ns, &maps[n]))
			map_file_free(&maps[n]);
		else
			n++;
	}
	return n;
}

int mapping_publish(const struct setup *setup, const struct watch *watch, int last_err)
{
	struct map_file_target *maps;
	struct act_error error;
	char *text = NULL;
	size_t n = 0;
	int err;

	if (watch->options->unheld || !watch->executor.type->map)
		return 0;
	maps = calloc(watch->n_seats, sizeof(*maps));
	if (maps) {
		n = fill(watch, maps);
		text = map_file_write(getpid(), watch->now_ns, maps, n);
	}
	err = text ? file_replace(setup->hold.paths.state_dir, MAP_FILE, text, &error)
		   : act_fail(&error, ENOMEM, MAP_FILE);
	if (err && err != last_err)
		log_warning("%s", error.text);
	for (size_t i = 0; i < n; i++)
		map_file_free(&maps[i]);
	free(maps);
	free(text);
	return err;
}
