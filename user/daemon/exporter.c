// SPDX-License-Identifier: GPL-2.0
#include "daemon/exporter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/file.h"
#include "base/dir.h"
#include "report/log.h"

bool exporter_open(struct exporter *exporter, const struct run_options *options)
{
	struct act_error error;
	struct address address;
	int err;

	*exporter = (struct exporter){.options = options};
	if (!*options->metrics || address_parse(options->metrics, &address))
		return true;
	err = metrics_server_open(&address, &exporter->server, &error);
	if (err)
		log_error("--metrics %s: %s", options->metrics, error.text);
	else
		log_info("metrics: at %s", options->metrics);
	return !err;
}

bool exporter_is_wanted(const struct exporter *exporter)
{
	return exporter->server || (exporter->options && *exporter->options->metrics_file);
}

/* A descriptor of the directory of @path; *@name is the rest. */
static int open_dir_of(const char *path, const char **name, struct act_error *error)
{
	char *dir = dir_of(path, name);
	int fd;

	if (!dir)
		return act_fail(error, ENOMEM, "open the directory of %s", path);
	fd = act_open_real_dir(dir, error);
	free(dir);
	return fd;
}

static int write_file(const char *path, const char *text, struct act_error *error)
{
	const char *name;
	int fd = open_dir_of(path, &name, error), err;

	if (fd < 0)
		return fd;
	err = dir_replace(fd, name, text);
	close(fd);
	return err ? act_fail(error, -err, "write %s", path) : 0;
}

static void say(struct exporter *exporter, int err, const struct act_error *error)
{
	if (err && err != exporter->err)
		log_warning("metrics: %s", error->text);
	exporter->err = err;
}

static void publish_file(struct exporter *exporter, const char *text)
{
	struct act_error error;

	int err;

	if (!*exporter->options->metrics_file)
		return;
	err = write_file(exporter->options->metrics_file, text, &error);
	exporter->wrote |= !err;
	say(exporter, err, &error);
}

void exporter_publish(struct exporter *exporter, const struct status *status,
		      const struct metrics_totals *totals)
{
	char *texts[METRICS_FORMATS] = {NULL};
	struct act_error error;

	texts[METRICS_TEXT] = metrics_to_text(status, totals, METRICS_TEXT);
	if (!texts[METRICS_TEXT]) {
		say(exporter, act_fail(&error, ENOMEM, "render them"), &error);
		return;
	}
	publish_file(exporter, texts[METRICS_TEXT]);
	if (!exporter->server) {
		free(texts[METRICS_TEXT]);
		return;
	}
	texts[METRICS_OPEN] = metrics_to_text(status, totals, METRICS_OPEN);
	metrics_server_publish(exporter->server, texts);
}

/* What is old is no news: who reads the file would take it for the present. */
static void remove_file(const char *path)
{
	const char *name;
	int fd = open_dir_of(path, &name, NULL);

	if (fd < 0)
		return;
	unlinkat(fd, name, 0);
	close(fd);
}

void exporter_close(struct exporter *exporter)
{
	metrics_server_close(exporter->server);
	if (exporter->wrote)
		remove_file(exporter->options->metrics_file);
	*exporter = (struct exporter){0};
}
