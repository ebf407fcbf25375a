/* SPDX-License-Identifier: GPL-2.0 */
/* The fixture of the tests of act/claim.c: all roots are below one temporary directory; seats, DAMON_STAT, bpffs and boot id are plain files. */
#ifndef HOTDAMON_TESTS_CLAIM_WORLD_H
#define HOTDAMON_TESTS_CLAIM_WORLD_H

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "act/claim.h"
#include "act/damon.h"
#include "act/damon_stat.h"
#include "tree.h"

#define BOOT  "4f4ad29c-7c6f-4e3a-8f3c-0d7a1f7a1b2c"
#define OTHER "00000000-7c6f-4e3a-8f3c-0d7a1f7a1b2c"

struct world {
	char dir[32];
	char state_dir[64], pin_dir[64], damon_root[64], damon_stat[64], shmem_enabled[64], boot_id[64];
	struct claim_paths paths;
	struct claim claim;
	struct claim_undone undone;
	struct act_error error;
};

static inline void put_seats(const struct world *world, const char *state)
{
	tree_put(world->dir, "kdamonds/nr_kdamonds", "2\n");
	tree_put(world->dir, "kdamonds/0/contexts/nr_contexts", "1\n");
	tree_put(world->dir, "kdamonds/0/contexts/0/schemes/nr_schemes", "2\n");
	tree_put(world->dir, "kdamonds/0/contexts/0/schemes/0/access_pattern/sz/min", "2097152\n");
	tree_put(world->dir, "kdamonds/0/contexts/0/schemes/1/action", "stat\n");
	tree_put(world->dir, "kdamonds/0/state", state);
	tree_put(world->dir, "kdamonds/1/contexts/nr_contexts", "1\n");
	tree_put(world->dir, "kdamonds/1/state", "off\n");
}

static inline int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	snprintf(world->dir, sizeof(world->dir), "/tmp/hotdamon-claim-XXXXXX");
	if (!mkdtemp(world->dir))
		return -1;
	snprintf(world->state_dir, sizeof(world->state_dir), "%s/state", world->dir);
	snprintf(world->pin_dir, sizeof(world->pin_dir), "%s/pins", world->dir);
	snprintf(world->damon_root, sizeof(world->damon_root), "%s/kdamonds", world->dir);
	snprintf(world->damon_stat, sizeof(world->damon_stat), "%s/damon_stat", world->dir);
	snprintf(world->shmem_enabled, sizeof(world->shmem_enabled), "%s/shmem_enabled", world->dir);
	snprintf(world->boot_id, sizeof(world->boot_id), "%s/boot_id", world->dir);
	world->paths = (struct claim_paths){
		.state_dir = world->state_dir,
		.pin_dir = world->pin_dir,
		.damon_root = world->damon_root,
		.damon_stat = world->damon_stat,
		.shmem_enabled = world->shmem_enabled,
		.boot_id = world->boot_id,
	};
	tree_put(world->dir, "boot_id", BOOT "\n");
	tree_put(world->dir, "damon_stat", "N\n");
	put_seats(world, "on\n");
	return 0;
}

static inline int teardown(void **state)
{
	struct world *world = *state;

	tree_remove(world->dir);
	free(world);
	return 0;
}

/* What a daemon leaves when it is killed: its claim, status, pins and running seats. */
static inline void leave_behind(struct world *world)
{
	bool made;
	ino_t inode;

	assert_int_equal(damon_seats_inode(world->damon_root, &inode, &world->error), 0);
	assert_int_equal(claim_make_state_dir(&world->paths, &made, &world->error), 0);
	world->claim = (struct claim){
		.seats = 2,
		.seats_before = 1,
		.seats_inode = inode,
		.stopped_damon_stat = true,
		.made_state_dir = made,
	};
	assert_int_equal(claim_write(&world->paths, &world->claim, &world->error), 0);
	tree_put(world->dir, "state/status.json", "{}");
	tree_put(world->dir, "state/status.json.new", "{");
	tree_put(world->dir, "state/metrics.sock", ""); /* a socket, but that is no matter */
	tree_put(world->dir, "state/claim.json.new", "{");
	tree_put(world->dir, "pins/process_hotness", "");
	tree_put(world->dir, "pins/another", "");
}

static inline int take_back(struct world *world)
{
	memset(&world->undone, 0xff, sizeof(world->undone));
	return claim_take_back(&world->paths, &world->claim, &world->undone);
}

#endif
