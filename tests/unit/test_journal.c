// SPDX-License-Identifier: GPL-2.0
/* A journal of our own: a socket that takes what is sent, or does not. */
#include "cm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "report/journal.h"
#include "report/log.h"

static char dir[] = "/tmp/hotdamon-journal-XXXXXX", path[64];
static int journal = -1;

static int open_journal(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	journal = socket(AF_UNIX, SOCK_DGRAM, 0);
	return journal >= 0 && !bind(journal, (struct sockaddr *)&address, sizeof(address)) ? 0 : -1;
}

static int close_journal(void **state)
{
	(void)state;
	close(journal);
	return unlink(path);
}

static const char *received(void)
{
	static char text[8192];
	ssize_t len = recv(journal, text, sizeof(text) - 1, MSG_DONTWAIT);

	assert_true(len > 0);
	text[len] = '\0';
	return text;
}

static const struct whose redis = {
	.user = "redis",
	.service = {.kind = SERVICE_UNIT, .name = "redis.service", .own = true},
};
static const struct whose alice = {.user = "alice",
				   .service = {.kind = SERVICE_UNIT, .name = "session-3.scope"}};

static void test_plain_line(void **state)
{
	(void)state;
	assert_int_equal(journal_send(4, "memory is short", NULL), 0);
	assert_string_equal(received(), "MESSAGE=memory is short\nPRIORITY=4\nSYSLOG_IDENTIFIER=hotdamon\n");
}

static void test_what_it_is_about(void **state)
{
	const struct log_about about = {
		.event = EVENT_GAINS, .pid = 107, .comm = "redis-server", .whose = &redis};

	(void)state;
	assert_int_equal(journal_send(6, "saves", &about), 0);
	assert_string_equal(received(), "MESSAGE=saves\nPRIORITY=6\nSYSLOG_IDENTIFIER=hotdamon\n"
					"MESSAGE_ID=4851b05c5d894e03809413e5674d25d6\nHOTDAMON_EVENT=gains\n"
					"HOTDAMON_PID=107\nHOTDAMON_COMM=redis-server\n"
					"HOTDAMON_SERVICE=redis.service\nHOTDAMON_UNIT=redis.service\n"
					"OBJECT_SYSTEMD_UNIT=redis.service\nHOTDAMON_USER=redis\n");
}

/* In a session the program is the service, and what is of no event has no id. */
static void test_of_a_session(void **state)
{
	const struct log_about about = {.event = EVENT_NONE, .pid = 9, .comm = "make", .whose = &alice};

	(void)state;
	assert_int_equal(journal_send(6, "x", &about), 0);
	assert_string_equal(received(), "MESSAGE=x\nPRIORITY=6\nSYSLOG_IDENTIFIER=hotdamon\nHOTDAMON_PID=9\n"
					"HOTDAMON_COMM=make\nHOTDAMON_SERVICE=make of alice\n"
					"HOTDAMON_UNIT=session-3.scope\nOBJECT_SYSTEMD_UNIT=session-3.scope\n"
					"HOTDAMON_USER=alice\n");
}

/* Who chooses a name must not make fields by it. */
static void test_hostile_names(void **state)
{
	const struct log_about about = {.event = EVENT_IN, .pid = 7, .comm = "a\nMESSAGE=b", .whose = NULL};

	(void)state;
	assert_int_equal(journal_send(6, "c\nPRIORITY=0\xff", &about), 0);
	assert_string_equal(received(), "MESSAGE=c?PRIORITY=0?\nPRIORITY=6\nSYSLOG_IDENTIFIER=hotdamon\n"
					"MESSAGE_ID=3a7c43ae363a47ca9a3a1f143ca94c50\nHOTDAMON_EVENT=in\n"
					"HOTDAMON_PID=7\nHOTDAMON_COMM=a?MESSAGE=b\n");
}

/* One that takes nothing must not hold us: without an answer in ten seconds the alarm ends us. */
static void test_journal_that_is_full(void **state)
{
	int err = 0;

	(void)state;
	alarm(10);
	for (int i = 0; i < 100000 && !err; i++)
		err = journal_send(6, "x", NULL);
	alarm(0);
	assert_int_equal(err, -EAGAIN);
}

/* ---- by the log ---- */

static int saved_out, pipes[2];

/* Its output goes to a pipe, of which JOURNAL_STREAM may say that the journal reads it. */
static void log_to_pipe(bool is_journal)
{
	char stream[64];
	struct stat held;

	fflush(stdout);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(fstat(pipes[1], &held), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)held.st_dev,
		 (uintmax_t)held.st_ino + !is_journal);
	setenv("JOURNAL_STREAM", stream, 1);
	saved_out = dup(STDOUT_FILENO);
	assert_true(dup2(pipes[1], STDOUT_FILENO) >= 0);
}

/* What came through the pipe. */
static const char *log_back(void)
{
	static char text[512];
	ssize_t len;

	dup2(saved_out, STDOUT_FILENO);
	close(saved_out);
	unsetenv("JOURNAL_STREAM");
	assert_int_equal(fcntl(pipes[0], F_SETFL, O_NONBLOCK), 0);
	len = read(pipes[0], text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	return text;
}

static void test_log_of_a_service(void **state)
{
	const struct log_about about = {
		.event = EVENT_GAINS, .pid = 107, .comm = "redis-server", .whose = &redis};

	(void)state;
	log_to_pipe(true);
	log_event(&about, "redis-server (107): %d", 5);
	assert_string_equal(log_back(), "");
	assert_contains(received(), "MESSAGE=redis-server (107): 5\nPRIORITY=6\n");
}

/* Its output was passed on to something else: that is no journal. */
static void test_log_that_is_passed_on(void **state)
{
	(void)state;
	log_to_pipe(false);
	log_info("x");
	assert_string_equal(log_back(), "     0.0 s  x\n");
	assert_int_equal(recv(journal, dir, 1, MSG_DONTWAIT), -1);
}

/* A journal without its socket has lines as ever. */
static void test_log_without_socket(void **state)
{
	(void)state;
	journal_socket = "/nowhere/socket";
	log_to_pipe(true);
	log_info("x");
	assert_string_equal(log_back(), "<6>x\n");
	journal_socket = path;
}

/* More at once than it takes: the rest goes its old way, without fields, and nothing is lost. */
static void test_log_of_a_full_journal(void **state)
{
	uint64_t before = log_dropped();
	char bytes[8192];
	int sent = 0;

	(void)state;
	while (!journal_send(6, "x", NULL))
		sent++;
	log_to_pipe(true);
	log_info("y");
	assert_string_equal(log_back(), "<6>y\n");
	assert_int_equal(log_dropped(), before);
	while (recv(journal, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		sent--;
	assert_int_equal(sent, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_journal, close_journal)
	const struct CMUnitTest tests[] = {
		TEST(test_plain_line),
		TEST(test_what_it_is_about),
		TEST(test_of_a_session),
		TEST(test_hostile_names),
		TEST(test_journal_that_is_full),
		TEST(test_log_of_a_service),
		TEST(test_log_that_is_passed_on),
		TEST(test_log_without_socket),
		TEST(test_log_of_a_full_journal),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	journal_socket = path;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
