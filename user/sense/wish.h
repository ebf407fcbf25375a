/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the owner of a cgroup wishes: its xattr user.hotdamon (Linux 5.7 and newer, cgroup v2). Whoever owns a cgroup can
 * write it, a user on those that were delegated to him: anybody is believed to want less, but only root to want more.
 */
#ifndef HOTDAMON_SENSE_WISH_H
#define HOTDAMON_SENSE_WISH_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "decide/rules.h"
#include "sense/owner.h"

#define WISH_XATTR     "user.hotdamon"
#define WISH_VALUE_LEN 32 /* more than any word */

/* Where cgroups are seen as directories. */
struct wish_tree {
	const char *mount; /* of cgroup v2, borrowed; "": there is none */
	uid_t root_uid;	   /* whose cgroups may wish for more: 0 */
};

/* What was found and not taken, to be told. */
struct wish_ignored {
	char cgroup[CGROUP_PATH_LEN]; /* the first one; "": none */
	char value[WISH_VALUE_LEN];   /* as it was written, or its beginning: anything but printable */
	bool not_root;		      /* it is a word, which only root may say */
};

/*
 * The word on the cgroup at @path (of /proc/PID/cgroup), or on the nearest above it that has one which counts.
 * OWNER_SILENT: there is none, or it cannot be read.
 */
enum owner_word wish_read(const struct wish_tree *tree, const char *path, struct wish_ignored *ignored);

#endif
