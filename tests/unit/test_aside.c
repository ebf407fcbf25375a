// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/aside.h"
#include "base/clock.h"

#define PATIENCE_NS (30 * NS_PER_S) /* of a busy machine */

static char dir[] = "/tmp/test_aside.XXXXXX", fifo[64];

static int make_fifo(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	aside_begin();
	return mkfifo(fifo, 0600);
}

static int remove_fifo(void **state)
{
	(void)state;
	assert_int_equal(aside_end(), 0);
	unlink(fifo);
	return rmdir(dir);
}

/* Returns the pid of who does it. */
static int whose(struct aside_call *call)
{
	(void)call;
	return getpid();
}

/* Nobody writes: this waits, as for a lock. */
static int wait_for_fifo(struct aside_call *call)
{
	int fd = open(fifo, O_RDONLY);

	(void)call;
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -errno : 0;
}

/* Longer than it is waited for at first. */
static int compute(struct aside_call *call)
{
	uint64_t until_ns = clock_awake_ns() + NS_PER_S / 4;

	(void)call;
	while (clock_awake_ns() < until_ns)
		;
	return 7;
}

static int die(struct aside_call *call)
{
	(void)call;
	return raise(SIGKILL);
}

/* What comes back at once, but for a busy machine. */
static int do_for(uint32_t pid, aside_work work)
{
	struct aside_call call = {.pid = pid, .work = work, .wait_ns = PATIENCE_NS};

	return aside_do(&call);
}

static int wait_for(uint32_t pid)
{
	struct aside_call call = {.pid = pid, .work = wait_for_fifo};

	return aside_do(&call);
}

static void test_here_before_it_begins(void **state)
{
	(void)state;
	assert_int_equal(do_for(1, whose), getpid());
	assert_int_equal(aside_waits_ns(1), 0);
}

static void test_in_a_helper(void **state)
{
	int first = do_for(1, whose);

	(void)state;
	assert_int_not_equal(first, getpid());
	assert_true(first > 0);
	assert_int_equal(do_for(2, whose), first);
	assert_true(aside_is_own((uint32_t)first) && aside_is_own((uint32_t)getpid()));
	assert_false(aside_is_own(1));
}

struct sums {
	uint64_t n, sum;
};

/* Adds up what comes along, and sends it back doubled. */
static int add_up(struct aside_call *call)
{
	const uint64_t *in = call->in;
	struct sums *sums = call->args;
	uint64_t *out = malloc(call->in_bytes);

	if (!out)
		return -ENOMEM;
	for (uint64_t i = 0; i < sums->n; i++) {
		sums->sum += in[i];
		out[i] = 2 * in[i];
	}
	call->out = out;
	call->out_bytes = call->in_bytes;
	return 7;
}

/* More than a socket holds at once. */
static void test_much_goes_along(void **state)
{
	struct sums sums = {.n = 1 << 20};
	uint64_t *in = calloc(sums.n, sizeof(*in));
	struct aside_call call = {.pid = 1,
				  .work = add_up,
				  .args = &sums,
				  .args_bytes = sizeof(sums),
				  .in = in,
				  .wait_ns = PATIENCE_NS};
	const uint64_t *out;

	(void)state;
	assert_non_null(in);
	for (uint64_t i = 0; i < sums.n; i++)
		in[i] = i;
	call.in_bytes = sums.n * sizeof(*in);
	assert_int_equal(aside_do(&call), 7);
	assert_int_equal(sums.sum, (sums.n - 1) * sums.n / 2);
	assert_int_equal(call.out_bytes, call.in_bytes);
	out = call.out;
	for (uint64_t i = 0; i < sums.n; i++)
		assert_int_equal(out[i], 2 * i);
	free(in);
	free(call.out);
}

/* Writes to the descriptor that it got, and opens the FIFO, which does not wait so. */
static int use_descriptors(struct aside_call *call)
{
	*call->opened = open(fifo, O_RDONLY | O_NONBLOCK);
	return write(*call->fd, "x", 1) == 1 ? 0 : -errno;
}

static void test_descriptors(void **state)
{
	int ends[2], opened = -1;
	struct aside_call call = {
		.pid = 1, .work = use_descriptors, .fd = &ends[1], .opened = &opened, .wait_ns = PATIENCE_NS};
	struct stat stat;
	char byte = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(aside_do(&call), 0);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(fstat(opened, &stat), 0);
	assert_true(S_ISFIFO(stat.st_mode));
	close(ends[0]);
	close(ends[1]);
	close(opened);
}

/* But its socket, and the three of everybody's, which lead nowhere. */
static int count_descriptors(struct aside_call *call)
{
	DIR *all = opendir("/proc/self/fd");
	int n = -3; /* ., .. and that of @all */

	(void)call;
	while (all && readdir(all))
		n++;
	if (all)
		closedir(all);
	return n;
}

static void test_it_holds_nothing_of_ours(void **state)
{
	(void)state;
	assert_int_equal(do_for(1, count_descriptors), 4);
}

static void test_one_that_waits_stops_nobody(void **state)
{
	uint64_t began_ns = clock_awake_ns();
	int fd;

	(void)state;
	assert_int_equal(wait_for(100), -ETIME);
	assert_true(clock_awake_ns() - began_ns >= ASIDE_WAIT_NS);
	assert_true(aside_waits_ns(100) >= ASIDE_WAIT_NS);
	assert_int_equal(aside_waits_ns(101), 0);
	/* It is not asked again, and the others are. */
	assert_int_equal(do_for(100, whose), -ETIME);
	assert_true(do_for(101, whose) > 0);
	/* Until it answers. */
	fd = open(fifo, O_WRONLY);
	assert_true(fd >= 0);
	close(fd);
	while (aside_waits_ns(100))
		assert_true(clock_awake_ns() - began_ns < PATIENCE_NS);
	assert_true(do_for(100, whose) > 0);
}

/* More than helpers may be. */
static void test_many_that_wait_cost_little_more(void **state)
{
	uint32_t pids[200];
	uint64_t began_ns = clock_awake_ns();
	size_t n;

	(void)state;
	for (uint32_t pid = 100; pid < 150; pid++)
		assert_int_equal(wait_for(pid), -ETIME);
	assert_true(clock_awake_ns() - began_ns < 50 * ASIDE_WAIT_NS);
	n = aside_waits_for(pids, 200);
	assert_in_range(n, 8, 50);
	assert_int_equal(pids[n - 1] / 100, 1);
	assert_true(do_for(1, whose) > 0);
}

static int burn(struct aside_call *call)
{
	(void)call;
	while (clock_thread_cpu_ns() < 30 * NS_PER_MS)
		;
	return 0;
}

/* Of those that live, and of those that have ended. */
static void test_their_cpu_time(void **state)
{
	uint64_t before_ns = aside_cpu_ns();

	(void)state;
	assert_int_equal(do_for(1, burn), 0);
	assert_true(aside_cpu_ns() >= before_ns + 30 * NS_PER_MS);
	assert_int_equal(do_for(1, die), -EAGAIN);
	assert_int_equal(do_for(1, burn), 0);
	assert_true(aside_cpu_ns() >= before_ns + 30 * NS_PER_MS);
}

static void test_one_that_is_killed(void **state)
{
	(void)state;
	assert_int_equal(do_for(1, die), -EAGAIN);
	assert_true(do_for(1, whose) > 0);
}

/* On a busy host a helper is late: nobody holds it up. */
static void test_who_wants_a_cpu_is_waited_for(void **state)
{
	struct aside_call call = {.pid = 1, .work = compute, .wait_ns = NS_PER_S / 20};

	(void)state;
	assert_int_equal(aside_do(&call), 7);
	assert_int_equal(aside_waits_for(NULL, 0), 0);
}

#define IN_HELPERS(test) cmocka_unit_test_setup_teardown(test, make_fifo, remove_fifo)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HELPERS(test_who_wants_a_cpu_is_waited_for),
		cmocka_unit_test(test_here_before_it_begins),
		IN_HELPERS(test_in_a_helper),
		IN_HELPERS(test_much_goes_along),
		IN_HELPERS(test_descriptors),
		IN_HELPERS(test_it_holds_nothing_of_ours),
		IN_HELPERS(test_one_that_waits_stops_nobody),
		IN_HELPERS(test_many_that_wait_cost_little_more),
		IN_HELPERS(test_one_that_is_killed),
		IN_HELPERS(test_their_cpu_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
