// SPDX-License-Identifier: GPL-2.0
/* `hotdamon cleanup`: takes back what the claim of a killed daemon says was its, and nothing else. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "act/claim.h"
#include "base/passing.h"
#include "cmd/cli.h"
#include "cmd/cmd.h"

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	const char **state_dir = state->input;

	if (key != 's')
		return ARGP_ERR_UNKNOWN;
	*state_dir = arg;
	return 0;
}

static void say_undone(const struct claim *claim, const struct claim_undone *undone)
{
	printf("hotdamon cleanup: undid what pid %d left:", claim->pid);
	printf(" %u kdamond seats removed", undone->kdamonds);
	if (undone->damon_stat_restored)
		printf(", DAMON_STAT on again");
	if (undone->shared_restored)
		printf(", shmem_enabled is never again");
	if (undone->pins_removed)
		printf(", pinned map removed");
	if (undone->files_removed)
		printf(", state files removed");
	printf("\n");
	if (undone->seats_not_ours)
		printf("hotdamon cleanup: the kdamonds that are there now are somebody else's: left alone\n");
}

static int fail(const struct act_error *error, int status)
{
	fprintf(stderr, "hotdamon cleanup: %s\n", error->text);
	return status;
}

/* Killed before it had claimed anything, or not at all. */
static int take_back_unclaimed(const struct claim_paths *paths)
{
	struct act_error error;
	int has_pins = claim_has_pins(paths, &error);

	if (has_pins < 0)
		return fail(&error, EXIT_FAILED);
	if (has_pins) {
		fprintf(stderr,
			"hotdamon cleanup: a killed hotdamon left its pinned map, but no claim in %s: "
			"name the --state-dir that it ran with, or rm -r %s\n",
			paths->state_dir, paths->pin_dir);
		return EXIT_FAILED;
	}
	return claim_remove_unclaimed(paths, &error) ? fail(&error, EXIT_FAILED) : EXIT_DONE;
}

static int take_back_claimed(const struct claim_paths *paths, const struct claim *claim)
{
	struct claim_undone undone;
	int err = claim_take_back(paths, claim, &undone);

	say_undone(claim, &undone);
	for (unsigned int i = 0; i < undone.n_failed; i++)
		fail(&undone.failed[i], EXIT_FAILED);
	if (err)
		fprintf(stderr,
			"hotdamon cleanup: not everything could be undone: mend that, and run it again\n");
	return err ? EXIT_FAILED : EXIT_DONE;
}

static int take_back(const struct claim_paths *paths, bool *claimed)
{
	struct act_error error;
	struct claim claim;
	int err = claim_read(paths, &claim, &error);

	*claimed = err != -ENOENT;
	if (err == -ENOENT)
		return take_back_unclaimed(paths);
	if (err) /* of another directory than hotdamon's */
		return fail(&error, err_is_passing(err) ? EXIT_FAILED : EXIT_USAGE);
	return take_back_claimed(paths, &claim);
}

int cmd_cleanup(int argc, char **argv)
{
	static const struct argp_option options_help[] = {
		{"state-dir", 's', "DIR", 0,
		 "Where the daemon kept its state (default " DEFAULT_STATE_DIR ")", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options_help,
		.parser = parse_option,
		.doc = "Undoes what a killed hotdamon left: its kdamonds, DAMON_STAT, shmem_enabled, the "
		       "pinned "
		       "map, its files. What is not its is not touched.",
	};
	struct claim_paths paths = claim_default_paths;
	struct act_error error;
	int lock_fd, status;
	bool claimed;

	cli_parse(&argp, argc, argv, &paths.state_dir);
	if (geteuid()) { /* bpffs may let anybody in: without root "nothing was left" would be no more than not seen */
		fprintf(stderr, "hotdamon cleanup: needs root\n");
		return EXIT_HOST;
	}
	lock_fd = claim_lock(&paths, &error);
	if (lock_fd == -EWOULDBLOCK) {
		fprintf(stderr, "hotdamon cleanup: hotdamon is running: stop it, it cleans up by itself\n");
		return EXIT_FAILED;
	}
	if (lock_fd < 0)
		return fail(&error, lock_fd == -EPERM || lock_fd == -EACCES ? EXIT_HOST : EXIT_FAILED);
	status = take_back(&paths, &claimed);
	if (claim_unlock(&paths, lock_fd, &error) &&
	    status == EXIT_DONE) /* else that was said, or follows from it */
		status = fail(&error, EXIT_FAILED);
	if (status == EXIT_DONE && !claimed)
		printf("hotdamon cleanup: nothing was left behind\n");
	return status;
}
