// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/log.h"

/* What a line about the process @name is, without the time before it. */
static const char *line_about(const char *name)
{
	static char line[256];
	int out = dup(STDOUT_FILENO);
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_true(out >= 0);
	fflush(stdout);
	assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
	log_info("in: %s", name);
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	rewind(file);
	do /* there may be a word of what was dropped before */
		assert_non_null(fgets(line, sizeof(line), file));
	while (!strstr(line, "in: "));
	fclose(file);
	return strstr(line, "in: ") + 4;
}

static void test_names_are_told(void **state)
{
	(void)state;
	assert_string_equal(line_about("redis-server"), "redis-server\n");
	assert_string_equal(line_about("\xc3\xa9t\xc3\xa9"), "\xc3\xa9t\xc3\xa9\n");
}

/* U+009B begins what ESC [ begins, on terminals of UTF-8; the byte 9B on others. */
static void test_no_name_commands_the_terminal(void **state)
{
	(void)state;
	assert_string_equal(line_about("a\x1b[2J\nb"), "a?[2J?b\n");
	assert_string_equal(line_about("a\302\2332Jb"), "a?2Jb\n");
	assert_string_equal(line_about("a\2332Jb\377"), "a?2Jb?\n");
	assert_string_equal(line_about("a\u202egpj.exe\u2028\ufeff"), "a?gpj.exe??\n");
}

static void hear(void *heard, const struct log_about *about, const char *text)
{
	assert_int_equal(about->event, EVENT_SATISFIED);
	snprintf(heard, 64, "%s", text);
}

/* What is brief is heard by who listens, and not written. */
static void test_brief(void **state)
{
	const struct log_about about = {.event = EVENT_SATISFIED, .pid = 7, .comm = "worker", .brief = true};
	int out = dup(STDOUT_FILENO);
	FILE *file = tmpfile();
	char heard[64] = "";

	(void)state;
	assert_non_null(file);
	fflush(stdout);
	assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
	log_listen(hear, heard);
	log_event(&about, "worker: satisfied");
	log_listen(NULL, NULL);
	assert_true(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	assert_string_equal(heard, "worker: satisfied");
	assert_int_equal(lseek(fileno(file), 0, SEEK_END), 0);
	fclose(file);
}

/* ---- readers that do not read ---- */

/* What is read, and what the log writes to. */
struct ends {
	int reader, writer;
};

static struct ends a_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 8192) >= 8192);
	return (struct ends){fds[0], fds[1]};
}

static struct ends a_socket(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	return (struct ends){fds[0], fds[1]};
}

static struct ends a_terminal(void)
{
	struct ends ends = {.reader = posix_openpt(O_RDWR | O_NOCTTY)};

	assert_true(ends.reader >= 0);
	assert_int_equal(grantpt(ends.reader), 0);
	assert_int_equal(unlockpt(ends.reader), 0);
	ends.writer = open(ptsname(ends.reader), O_RDWR | O_NOCTTY);
	assert_true(ends.writer >= 0);
	return ends;
}

static void set_nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	assert_int_equal(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK), 0);
}

static bool is_ready(int fd, short events, int timeout_ms)
{
	struct pollfd pollfd = {.fd = fd, .events = events};

	return poll(&pollfd, 1, timeout_ms) == 1 && pollfd.revents & events;
}

/* To the last byte. A terminal takes what was written away by and by: it is full when it has room no more. */
static void fill(int fd)
{
	char bytes[1024] = "";

	memset(bytes, '.', sizeof(bytes));
	set_nonblocking(fd, true);
	do {
		for (size_t len = sizeof(bytes); len; len /= 2)
			while (write(fd, bytes, len) > 0)
				;
	} while (is_ready(fd, POLLOUT, 200));
	set_nonblocking(fd, false);
}

/* Until there is room for lines; what is read is thrown away. */
static void drain(struct ends ends)
{
	char bytes[4096];

	while (is_ready(ends.reader, POLLIN, 200) || !is_ready(ends.writer, POLLOUT, 0))
		assert_true(read(ends.reader, bytes, sizeof(bytes)) > 0);
}

/* All that is written, but for the dots, until it is as long as @want. */
static const char *read_text(int fd, const char *want)
{
	static char text[4096];
	size_t used = 0;
	char byte;

	while (used < strlen(want) && is_ready(fd, POLLIN, 5000) && read(fd, &byte, 1) == 1)
		if (byte != '.' && byte != '\r')
			text[used++] = byte;
	text[used] = '\0';
	assert_false(is_ready(fd, POLLIN, 0)); /* and there is no more of it */
	return text;
}

static int saved_out;

static void log_to(int fd)
{
	saved_out = dup(STDOUT_FILENO);
	assert_true(saved_out >= 0);
	assert_true(dup2(fd, STDOUT_FILENO) >= 0);
}

static void log_back(void)
{
	dup2(saved_out, STDOUT_FILENO);
	close(saved_out);
}

/* Without an answer in ten seconds the alarm ends us. */
static void check_reader_that_stops(struct ends ends)
{
	static const char told[] =
		"     00 s  warning: lines of the log that were dropped, as nobody read them: 3\n"
		"     00 s  seen\n     00 s  seen again\n"; /* without the dots */
	int flags = fcntl(ends.writer, F_GETFL);

	fflush(stdout);
	fill(ends.writer);
	log_to(ends.writer);
	alarm(10);
	for (int i = 0; i < 3; i++)
		log_info("lost %d", i);
	log_set_elapsed_ns(0); /* nobody reads yet */
	drain(ends);
	log_info("seen");
	log_info("seen again");
	alarm(0);
	log_back();
	assert_string_equal(read_text(ends.reader, told), told);
	assert_int_equal(fcntl(ends.writer, F_GETFL), flags); /* others write to it as before */
	close(ends.reader);
	close(ends.writer);
}

static void test_reader_that_stops(void **state)
{
	(void)state;
	check_reader_that_stops(a_pipe());
	check_reader_that_stops(a_socket());
	check_reader_that_stops(a_terminal());
}

/* A pipe that we may not open anew, as that of another user. */
static void test_reader_of_another_user(void **state)
{
	struct ends ends = a_pipe();
	uid_t uid = geteuid();

	(void)state;
	assert_int_equal(fchmod(ends.writer, 0), 0);
	assert_int_equal(uid ? 0 : seteuid(65534), 0);
	check_reader_that_stops(ends);
	assert_int_equal(uid ? 0 : seteuid(uid), 0);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* the sanitizer wants to look at us */
}

/* Also when nothing more is logged. */
static void test_dropped_are_told_in_time(void **state)
{
	static const char told[] =
		"     70 s  warning: lines of the log that were dropped, as nobody read them: 1\n";
	struct ends ends = a_pipe();

	(void)state;
	fflush(stdout);
	fill(ends.writer);
	log_to(ends.writer);
	log_info("lost");
	drain(ends);
	log_set_elapsed_ns(7000000000);
	log_set_elapsed_ns(0);
	log_back();
	assert_string_equal(read_text(ends.reader, told), told);
	close(ends.reader);
	close(ends.writer);
}

static void test_reader_that_left(void **state)
{
	struct ends ends = a_pipe();
	const char *line;

	(void)state;
	close(ends.reader);
	fflush(stdout);
	log_to(ends.writer);
	log_info("lost");
	log_back();
	close(ends.writer);
	line = line_about("x");
	assert_string_equal(line, "x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_told),
		cmocka_unit_test(test_no_name_commands_the_terminal),
		cmocka_unit_test(test_brief),
		cmocka_unit_test(test_reader_that_stops),
		cmocka_unit_test(test_reader_of_another_user),
		cmocka_unit_test(test_dropped_are_told_in_time),
		cmocka_unit_test(test_reader_that_left),
	};

	unsetenv("JOURNAL_STREAM");
	signal(SIGPIPE, SIG_IGN); /* as the daemon has it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
