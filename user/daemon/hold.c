// SPDX-License-Identifier: GPL-2.0
#include "daemon/hold.h"

#include <errno.h>
#include <stdio.h>

#include "act/align.h"
#include "act/damon_stat.h"
#include "base/exit_status.h"
#include "base/passing.h"
#include "report/log.h"
#include "sense/host.h"

/* A directory of somebody else's, or what is in it: --state-dir names another, and nothing was changed. */
static int refuse_state_dir(int err, const struct act_error *error)
{
	log_error("--state-dir: %s", error->text);
	return err_is_passing(err) ? EXIT_FAILED : EXIT_USAGE;
}

static void say_not_undone(const struct hold *hold, const struct claim_undone *undone)
{
	for (unsigned int i = 0; i < undone->n_failed; i++)
		log_error("%s", undone->failed[i].text);
	log_error("not everything could be undone: mend that, then `hotdamon cleanup --state-dir %s` undoes "
		  "the rest",
		  hold->paths.state_dir);
}

static int take_back_claim(struct hold *hold, const struct claim *left)
{
	struct claim_undone undone;
	struct act_error error;
	int err;

	if (claim_take_back(&hold->paths, left, &undone)) {
		log_error("an earlier hotdamon (pid %d) was killed", left->pid);
		say_not_undone(hold, &undone);
		return EXIT_FAILED;
	}
	log_info("an earlier hotdamon (pid %d) was killed: took back %u kdamond seats%s%s%s", left->pid,
		 undone.kdamonds, undone.damon_stat_restored ? ", DAMON_STAT is on again" : "",
		 undone.shared_restored ? ", shmem_enabled is never again" : "",
		 undone.seats_not_ours ? "; the seats that are there now are somebody else's" : "");
	/* The take-back removed a directory that the dead one had made; now it is ours to make. */
	err = claim_make_state_dir(&hold->paths, &hold->claim.made_state_dir, &error);
	return err ? refuse_state_dir(err, &error) : EXIT_DONE;
}

static int refuse_pins(const struct hold *hold)
{
	struct act_error error;
	int has_pins = claim_has_pins(&hold->paths, &error);

	if (!has_pins)
		return EXIT_DONE;
	if (has_pins < 0)
		log_error("%s", error.text);
	else
		log_error("a killed hotdamon left its pinned map, but no claim in %s: run hotdamon cleanup "
			  "with the "
			  "--state-dir that it ran with, or empty %s",
			  hold->paths.state_dir, hold->paths.pin_dir);
	return EXIT_FAILED;
}

static int take_back_left_over(struct hold *hold)
{
	struct act_error error;
	struct claim left;
	int err = claim_read(&hold->paths, &left, &error);

	if (err == -ENOENT)
		return refuse_pins(hold);
	if (err)
		return refuse_state_dir(err, &error);
	return take_back_claim(hold, &left);
}

static int refuse_lock(const struct hold *hold, const struct act_error *error, int status)
{
	if (hold->lock_fd == -EWOULDBLOCK) {
		log_error("another hotdamon is running (it holds %s); see `hotdamon status`",
			  hold->paths.pin_dir);
		return EXIT_FAILED;
	}
	if (status != EXIT_DONE) /* the host said it better: it is for want of root or of bpffs */
		return status;
	log_error("%s", error->text);
	return hold->lock_fd == -EPERM ? EXIT_HOST : EXIT_FAILED;
}

/* The lock first: from then on whatever an earlier hotdamon left has no owner. */
int hold_begin(struct hold *hold, const char *state_dir, int (*host_lacks)(void *arg), void *arg)
{
	struct act_error error;
	int status, err;

	*hold = (struct hold){.paths = claim_default_paths};
	hold->paths.state_dir = state_dir;
	hold->lock_fd = claim_lock(&hold->paths, &error);
	if (hold->lock_fd < 0)
		return refuse_lock(hold, &error, hold->lock_fd == -EWOULDBLOCK ? EXIT_DONE : host_lacks(arg));
	hold->nothing_ours = true;
	err = claim_make_state_dir(&hold->paths, &hold->claim.made_state_dir, &error);
	if (err) {
		status = host_lacks(arg);
		return status == EXIT_DONE ? refuse_state_dir(err, &error) : status;
	}
	status = take_back_left_over(hold);
	if (status != EXIT_DONE)
		return status;
	hold->nothing_ours = false;
	/* At once: if it is killed from here on, the state directory is known to be ours. */
	err = claim_write(&hold->paths, &hold->claim, &error);
	return err ? refuse_state_dir(err, &error) : host_lacks(arg);
}

int hold_stop_damon_stat(struct hold *hold, struct act_error *error)
{
	bool on = false;
	int err = damon_stat_is_on(&hold->paths, &on);

	if (err == -ENOENT || (!err && !on))
		return 0;
	if (err)
		return act_fail(error, -err, "read %s", hold->paths.damon_stat);
	hold->claim.stopped_damon_stat = true;
	err = claim_write(&hold->paths, &hold->claim, error);
	if (!err)
		err = damon_stat_turn(&hold->paths, false, error);
	if (!err)
		log_info("DAMON_STAT is off for as long as hotdamon runs (--stop-damon-stat)");
	return err;
}

int hold_align_shared(struct hold *hold, struct act_error *error)
{
	int never = align_is(&hold->paths, "never"), err;

	if (never < 0 && never != -ENOENT)
		return act_fail(error, -never, "read %s", hold->paths.shmem_enabled);
	if (never <= 0) {
		if (never || align_is(&hold->paths, "deny") > 0)
			log_warning("--align-shared: %s, and shared memory cannot become huge",
				    never ? "this kernel has no shmem_enabled" : "shmem_enabled is deny");
		return 0;
	}
	hold->claim.aligned_shared = true;
	err = claim_write(&hold->paths, &hold->claim, error);
	if (!err)
		err = align_turn(&hold->paths, true, error);
	if (!err)
		log_info("shmem_enabled is advise for as long as hotdamon runs (--align-shared): shared "
			 "memory "
			 "that is mapped from now on is aligned");
	return err;
}

int hold_make_seats(struct hold *hold, const struct damon_settings *settings, unsigned int n_seats,
		    struct damon **damon, struct act_error *error)
{
	ino_t inode = 0;
	int err = damon_empty_seats(hold->paths.damon_root, &hold->claim.seats_before, error);

	if (err)
		return err;
	hold->claim.seats = n_seats;
	err = claim_write(&hold->paths, &hold->claim, error);
	if (!err)
		err = damon_open(hold->paths.damon_root, settings, n_seats, damon, error);
	if (err) {
		hold->claim.seats = 0; /* none was made: what is there is not ours to take back */
		return err;
	}
	err = damon_seats_inode(hold->paths.damon_root, &inode, error);
	hold->claim.seats_inode = inode;
	if (!err)
		err = claim_write(&hold->paths, &hold->claim, error);
	return err ? err : damon_set_up(*damon, error);
}

static bool take_all_back(struct hold *hold)
{
	struct claim_undone undone;
	bool undid;

	/* Without a claim of this run there is nothing in it but, perhaps, the state directory. */
	if (!*hold->claim.boot_id)
		snprintf(hold->claim.boot_id, sizeof(hold->claim.boot_id), "none");
	undid = !claim_take_back(&hold->paths, &hold->claim, &undone);
	if (!undid)
		say_not_undone(hold, &undone);
	else if (undone.seats_not_ours)
		log_warning("the kdamonds that are there now are somebody else's: left alone");
	if (undone.damon_stat_restored)
		log_info("DAMON_STAT is on again");
	if (undone.shared_restored)
		log_info("shmem_enabled is never again");
	return undid;
}

bool hold_end(struct hold *hold)
{
	struct act_error error;
	bool undid = true;

	if (hold->lock_fd < 0)
		return true;
	if (!hold->nothing_ours)
		undid = take_all_back(hold);
	else if (hold->claim.made_state_dir && claim_drop_state_dir(&hold->paths, &error))
		log_error("%s", error.text);
	/* After a failure it follows, or was said, that the directory stays. */
	if (!claim_unlock(&hold->paths, hold->lock_fd, &error) || hold->nothing_ours || !undid)
		return undid;
	log_error("%s: `hotdamon cleanup` tries again", error.text);
	return false;
}
