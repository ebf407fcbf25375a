// SPDX-License-Identifier: GPL-2.0
/* Programs of --on-event, which write what they were told to a file. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/close_range.h>

#include "base/clock.h"
#include "daemon/hook.h"
#include "report/log.h"
#include "tree.h"

struct world {
	char dir[32], program[64];
	sd_event *event;
	struct hook *hook;
	int out; /* stdout, while the log goes elsewhere */
};

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	snprintf(world->dir, sizeof(world->dir), "/tmp/hotdamon-hook-XXXXXX");
	return mkdtemp(world->dir) && sd_event_new(&world->event) >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
	struct world *world = *state;

	hook_free(world->hook);
	sd_event_unref(world->event);
	tree_remove(world->dir);
	free(world);
	return 0;
}

/* A script whose $D is the directory. */
static void begin(struct world *world, const char *script)
{
	char text[1024];

	snprintf(text, sizeof(text), "#!/bin/sh\nD=%s\n%s\n", world->dir, script);
	tree_put(world->dir, "program", text);
	snprintf(world->program, sizeof(world->program), "%s/program", world->dir);
	assert_int_equal(chmod(world->program, 0700), 0);
	world->hook = hook_new(world->event, world->program);
	assert_non_null(world->hook);
}

static void tell(enum event event, uint32_t pid)
{
	static const struct whose redis = {
		.user = "redis",
		.service = {.kind = SERVICE_UNIT, .name = "redis.service", .own = true},
	};
	const struct log_about about = {.event = event, .pid = pid, .comm = "redis-server", .whose = &redis};

	log_event(&about, "redis-server (%u): paid back in 3 s", pid);
}

/* Runs the loop until the file is there, in whole. */
static void run_until(struct world *world, const char *file)
{
	uint64_t began_ns = clock_boot_ns();

	while (!tree_has(world->dir, file)) {
		assert_true(clock_boot_ns() - began_ns < 60000000000);
		assert_true(sd_event_run(world->event, 100000) >= 0);
	}
}

static const char *text_of(const struct world *world, const char *file)
{
	static char text[2048];

	tree_get(world->dir, file, text, sizeof(text));
	return text;
}

static void test_what_it_is_told(void **state)
{
	struct world *world = *state;

	begin(world, "env | sort >$D/told.new; echo \"$# $PWD\" >>$D/told.new; ls /proc/self/fd | wc -l "
		     ">>$D/told.new; "
		     "mv $D/told.new $D/told");
	tell(EVENT_GAINS, 107);
	run_until(world, "told");
	assert_contains(
		text_of(world, "told"),
		"HOTDAMON_COMM=redis-server\nHOTDAMON_EVENT=gains\nHOTDAMON_PID=107\n"
		"HOTDAMON_REASON=redis-server (107): paid back in 3 s\nHOTDAMON_SERVICE=redis.service\n"
		"HOTDAMON_UNIT=redis.service\n");
	assert_contains(text_of(world, "told"), "\n4\n"); /* 0 to 2, and the directory itself */
}

/* Others are lines of the log, and no more. */
static void test_only_what_matters(void **state)
{
	struct world *world = *state;

	begin(world,
	      "echo $HOTDAMON_EVENT >>$D/told.new; [ $HOTDAMON_EVENT != capped ] || mv $D/told.new $D/told");
	tell(EVENT_IN, 1);
	tell(EVENT_OUT, 1);
	tell(EVENT_NONE, 1);
	log_info("nothing of note");
	tell(EVENT_NOTHING, 1);
	tell(EVENT_SATISFIED, 1);
	tell(EVENT_CAPPED, 1);
	run_until(world, "told");
	assert_string_equal(text_of(world, "told"), "nothing\nsatisfied\ncapped\n");
}

/* One at a time, in order; of what is the same and waits there is one; and no more wait than there is room for. */
static void test_many_at_once(void **state)
{
	struct world *world = *state;

	begin(world, "mkdir $D/runs || touch $D/twice; echo $HOTDAMON_PID >>$D/told.new; rmdir $D/runs; "
		     "[ $HOTDAMON_PID != 115 ] || mv $D/told.new $D/told");
	for (uint32_t pid = 100; pid < 200; pid++) {
		tell(EVENT_GAINS, pid);
		tell(EVENT_GAINS, pid);
	}
	run_until(world, "told");
	assert_string_equal(
		text_of(world, "told"),
		"100\n100\n101\n102\n103\n104\n105\n106\n107\n108\n109\n110\n111\n112\n113\n114\n115\n");
	assert_false(tree_has(world->dir, "twice"));
}

/* It may be nobody's yet, but it runs no more. */
static bool runs(const char *pid)
{
	char path[64], exe[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", atoi(pid));
	return readlink(path, exe, sizeof(exe)) > 0;
}

/* One that hangs is killed with what it began, and the next one has its turn. */
static void test_one_that_hangs(void **state)
{
	struct world *world = *state;
	uint64_t began_ns = clock_boot_ns();

	begin(world, "[ $HOTDAMON_PID = 1 ] || { touch $D/told; exit; }; trap '' TERM; sleep 1000 & echo $! "
		     ">$D/child; wait");
	tell(EVENT_GAINS, 1);
	tell(EVENT_GAINS, 2);
	run_until(world, "told");
	assert_true(clock_boot_ns() - began_ns >= HOOK_S * 1000000000ULL);
	for (int i = 0; i < 600 && runs(text_of(world, "child")); i++)
		usleep(100000);
	assert_false(runs(text_of(world, "child")));
}

/* Whoever started us may have its children's ends ignored: how one ended is not known then, and the next one has its turn. */
static void test_end_unknown(void **state)
{
	struct world *world = *state;
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);

	begin(world, "[ $HOTDAMON_PID = 1 ] || touch $D/told");
	tell(EVENT_GAINS, 1);
	tell(EVENT_GAINS, 2);
	run_until(world, "told");
	signal(SIGCHLD, before);
}

/* At the end it is not waited for. */
static void test_end(void **state)
{
	struct world *world = *state;
	uint64_t began_ns;

	begin(world, "echo $$ >$D/told.new; mv $D/told.new $D/told; sleep 1000");
	tell(EVENT_GAINS, 1);
	run_until(world, "told");
	began_ns = clock_boot_ns();
	hook_free(world->hook);
	world->hook = NULL;
	assert_true(clock_boot_ns() - began_ns < 5000000000);
	tell(EVENT_GAINS, 2); /* nobody listens */
}

/* What cannot be run is said, and the next event has its turn. */
static void test_no_program(void **state)
{
	struct world *world = *state;
	char script[256], moved[80];

	snprintf(script, sizeof(script), "touch %s/told", world->dir);
	begin(world, script);
	snprintf(moved, sizeof(moved), "%s.moved", world->program);
	assert_int_equal(rename(world->program, moved), 0);
	tell(EVENT_GAINS, 1);
	assert_int_equal(sd_event_run(world->event, 60000000), 1); /* that it ended */
	assert_int_equal(rename(moved, world->program), 0);
	tell(EVENT_GAINS, 2);
	run_until(world, "told");
}

/* A file system whose server does not answer, mounted for this process alone; false: it cannot be had here. */
static bool mount_silent(const char *dir, int *server)
{
	char options[96];

	*server = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", *server);
	return *server >= 0 && !unshare(CLONE_NEWNS) && !mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("silent", dir, "fuse", 0, options);
}

/* Ends with 0 when the loop was not held, by a hook that does not begin; 77: it cannot be had here. */
static void tell_to_silence(struct world *world)
{
	int server;

	if (!mount_silent(world->dir, &server))
		_exit(77);
	world->hook = hook_new(world->event, world->program);
	tell(EVENT_GAINS, 1);
	hook_free(world->hook);
	_exit(0);
}

/* Its program lies where nothing answers. */
static void test_silence(void **state)
{
	struct world *world = *state;
	int how, waits = 600;
	pid_t child;

	snprintf(world->program, sizeof(world->program), "%s/program", world->dir);
	child = fork();
	if (!child)
		tell_to_silence(world);
	while (!waitpid(child, &how, WNOHANG) && --waits)
		usleep(100000);
	if (!waits) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	assert_true(waits);
	assert_true(WIFEXITED(how));
	if (WEXITSTATUS(how) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(how), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_what_it_is_told), TEST(test_only_what_matters), TEST(test_many_at_once),
		TEST(test_one_that_hangs),  TEST(test_end_unknown),	  TEST(test_end),
		TEST(test_no_program),	    TEST(test_silence),
	};

	syscall(SYS_close_range, 3, ~0U,
		CLOSE_RANGE_CLOEXEC); /* what we were given is not the hook's to hide */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
