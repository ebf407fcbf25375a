/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the executor madvise gets the regions of its kdamonds from: BPF hands them on ten times a second and more, or,
 * where that does not work, they are read from DAMON's sysfs, about once a second.
 */
#ifndef HOTDAMON_DAEMON_SOURCE_H
#define HOTDAMON_DAEMON_SOURCE_H

#include "act/file.h"
#include "sense/regions.h"

enum source_kind { SOURCE_AUTO, SOURCE_BPF, SOURCE_SYSFS };

struct daemon;
struct source;
struct status;

/*
 * As --regions says; auto: by BPF, or if that fails from sysfs, and says so. Negative errno with @error. *@out is for
 * source_close().
 */
int source_open(const struct daemon *daemon, struct source **out, struct act_error *error);
void source_close(struct source *source); /* NULL is fine */

/* They come by themselves, at every aggregation; false: they are read now and then. */
bool source_streams(const struct source *source);

/* Readable when source_take() should come before its time; -1: never. */
int source_fd(const struct source *source);

/* From now on the regions of this kdamond are handed on, or are no more. Negative errno. */
int source_watch(struct source *source, pid_t kdamond);
void source_leave(struct source *source, pid_t kdamond);

/*
 * Takes what waits, and calls @fn for each aggregation, with @daemon; from sysfs at most one reading, which may take as
 * long as an aggregation does. daemon->now_ns is of its end then.
 */
void source_take(struct daemon *daemon, struct source *source, regions_fn fn);

/* When source_take() wants to be called; UINT64_MAX: whenever it suits. */
uint64_t source_next_ns(const struct source *source);

/* For a stream that went silent. Negative errno. */
int source_listen_again(struct source *source);

struct regions_counts source_counts(const struct source *source);

/* What the status tells of it. */
void source_status(const struct source *source, const struct daemon *daemon, struct status *status);

#endif
