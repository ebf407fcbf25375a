/* SPDX-License-Identifier: GPL-2.0 */
/* A directory for configuration files, and nothing else in it. */
#ifndef HOTDAMON_TESTS_SETTINGS_WORLD_H
#define HOTDAMON_TESTS_SETTINGS_WORLD_H

#include "tree.h"

#include "config/settings.h"

static char root[] = "/tmp/hotdamon-settings.XXXXXX";

static inline int make_root(void **state)
{
	(void)state;
	umask(022);
	return !mkdtemp(root);
}

static inline int remove_root(void **state)
{
	(void)state;
	tree_remove(root);
	return 0;
}

#endif
