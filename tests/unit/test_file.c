// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel knob refuses in ways in which a plain file never does. So write(), read(), close() and the pause
 * are the C library's own but for a while: the next calls fail as the test says.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "act/file.h"
#include "tree.h"

static struct {
	int write_err, close_err, read_err;
	unsigned int times; /* so many calls fail */
	unsigned int writes, reads, pauses;
	uint64_t paused_ns;
} fake;

static bool fails(int err)
{
	if (!err || !fake.times)
		return false;
	fake.times--;
	errno = err;
	return true;
}

ssize_t write(int fd, const void *data, size_t size)
{
	fake.writes++;
	return fails(fake.write_err) ? -1 : syscall(SYS_write, fd, data, size);
}

ssize_t read(int fd, void *data, size_t size)
{
	fake.reads++;
	return fails(fake.read_err) ? -1 : syscall(SYS_read, fd, data, size);
}

/* Of a file: whatever directories it is in are closed as ever. */
int close(int fd)
{
	struct stat held;
	bool is_file = !fstat(fd, &held) && !S_ISDIR(held.st_mode);
	int err = (int)syscall(SYS_close, fd);

	return is_file && fails(fake.close_err) ? -1 : err;
}

int nanosleep(const struct timespec *pause, struct timespec *rest)
{
	(void)rest;
	fake.pauses++;
	fake.paused_ns += (uint64_t)pause->tv_sec * 1000000000U + (uint64_t)pause->tv_nsec;
	return 0;
}

struct world {
	char dir[32];
	char knob[64];
	struct act_error error;
};

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return -1;
	*state = world;
	snprintf(world->dir, sizeof(world->dir), "/tmp/hotdamon-file-XXXXXX");
	if (!mkdtemp(world->dir))
		return -1;
	snprintf(world->knob, sizeof(world->knob), "%s/knob", world->dir);
	memset(&fake, 0, sizeof(fake));
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	tree_remove(world->dir);
	free(world);
	return 0;
}

/* "WORDS: what strerror() says". */
static void assert_error(const struct act_error *error, int err, const char *words)
{
	char want[600];

	snprintf(want, sizeof(want), "%s: %s", words, strerror(err));
	assert_string_equal(error->text, want);
}

static const char *words_of(const char *format, const char *path)
{
	static char words[256];

	snprintf(words, sizeof(words), format, path);
	return words;
}

static void test_fail(void **state)
{
	struct act_error error;
	char big[1000];

	(void)state;
	assert_int_equal(act_fail(&error, EBUSY, "turn %s to %d", "it", 7), -EBUSY);
	assert_error(&error, EBUSY, "turn it to 7");
	assert_int_equal(act_fail(NULL, ENOENT, "nobody hears"), -ENOENT);
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	memset(&error, 1, sizeof(error));
	assert_int_equal(act_fail(&error, EIO, "%s", big), -EIO);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
	big[505] = '\0'; /* the words fit, what strerror() says does not */
	assert_int_equal(act_fail(&error, EIO, "%s", big), -EIO);
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
	assert_contains(error.text, "xxx: Inp");
}

static void test_write(void **state)
{
	struct world *world = *state;

	tree_put(world->dir, "knob", "");
	assert_int_equal(knob_write(world->knob, "commit", &world->error), 0);
	assert_tree_holds(world->dir, "knob", "commit");
	assert_int_equal(fake.writes, 1);
	tree_put(world->dir, "knob", "");
	assert_int_equal(knob_write_number(world->knob, UINT64_MAX, &world->error), 0);
	assert_tree_holds(world->dir, "knob", "18446744073709551615");
	tree_put(world->dir, "knob", "");
	assert_int_equal(knob_write_number(world->knob, 0, NULL), 0);
	assert_tree_holds(world->dir, "knob", "0");
	assert_int_equal(fake.pauses, 0);
}

static void test_write_refused(void **state)
{
	struct world *world = *state;

	assert_int_equal(knob_write("/dev/full", "on", &world->error), -ENOSPC);
	assert_error(&world->error, ENOSPC, "write 'on' to /dev/full");
	assert_int_equal(knob_write_number("/dev/full", 300, &world->error), -ENOSPC);
	assert_error(&world->error, ENOSPC, "write '300' to /dev/full");
	assert_int_equal(knob_write("/dev/full", "on", NULL), -ENOSPC);
	assert_int_equal(knob_write(world->knob, "7", &world->error), -ENOENT);
	assert_error(&world->error, ENOENT, words_of("write '7' to %s", world->knob));
	assert_false(tree_has(world->dir, "knob")); /* it must not be made */
	assert_int_equal(knob_write(world->dir, "7", &world->error), -EISDIR);
	assert_int_equal(fake.pauses, 0);
}

static void test_write_refused_at_close(void **state)
{
	struct world *world = *state;

	tree_put(world->dir, "knob", "");
	fake.close_err = EINVAL;
	fake.times = 1;
	assert_int_equal(knob_write(world->knob, "commit", &world->error), -EINVAL);
	assert_error(&world->error, EINVAL, words_of("write 'commit' to %s", world->knob));
	assert_int_equal(fake.times, 0);
}

/* What write() says is the reason; close() of the same file must not hide it. */
static void test_write_and_close_refused(void **state)
{
	struct world *world = *state;

	fake.close_err = EINVAL;
	fake.times = 1;
	assert_int_equal(knob_write("/dev/full", "on", &world->error), -ENOSPC);
}

/* A knob takes a value in one write() or not at all: half a number is another number. */
static void test_write_cut_short(void **state)
{
	struct world *world = *state;
	struct rlimit before, four = {.rlim_cur = 4};
	int err;

	tree_put(world->dir, "knob", "");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	four.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &four), 0);
	err = knob_write(world->knob, "123456", &world->error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err, -EIO);
	assert_error(&world->error, EIO, words_of("write '123456' to %s", world->knob));
	assert_int_equal(fake.writes, 1);
}

static void test_write_while_busy(void **state)
{
	struct world *world = *state;

	tree_put(world->dir, "knob", "");
	fake.write_err = EBUSY;
	fake.times = 3;
	assert_int_equal(knob_write(world->knob, "on", &world->error), 0);
	assert_tree_holds(world->dir, "knob", "on");
	assert_int_equal(fake.writes, 4);
	assert_int_equal(fake.pauses, 3);
}

static void test_write_busy_for_ever(void **state)
{
	struct world *world = *state;

	tree_put(world->dir, "knob", "");
	fake.write_err = EBUSY;
	fake.times = UINT_MAX;
	assert_int_equal(knob_write(world->knob, "on", &world->error), -EBUSY);
	assert_error(&world->error, EBUSY, words_of("write 'on' to %s", world->knob));
	assert_tree_holds(world->dir, "knob", ""); /* still empty */
	assert_in_range(fake.paused_ns, 1500000000U, 2500000000U);
	assert_int_equal(fake.writes, fake.pauses + 1);
	/* What follows is tried once, until something works. */
	assert_int_equal(knob_write(world->knob, "on", &world->error), -EBUSY);
	assert_in_range(fake.paused_ns, 1500000000U, 2500000000U);
	fake.times = fake.pauses = 0;
	assert_int_equal(knob_write(world->knob, "on", &world->error), 0);
	fake.times = 3;
	assert_int_equal(knob_write(world->knob, "on", &world->error), 0);
	assert_int_equal(fake.pauses, 3);
}

/* Only EBUSY passes by itself. */
static void test_write_other_errors_at_once(void **state)
{
	struct world *world = *state;

	tree_put(world->dir, "knob", "");
	fake.write_err = EINVAL;
	fake.times = UINT_MAX;
	assert_int_equal(knob_write(world->knob, "on", &world->error), -EINVAL);
	assert_int_equal(fake.writes, 1);
	assert_int_equal(fake.pauses, 0);
}

static void test_read(void **state)
{
	struct world *world = *state;
	char value[8];

	tree_put(world->dir, "knob", "on\n");
	assert_int_equal(knob_read(world->knob, value, sizeof(value), &world->error), 0);
	assert_string_equal(value, "on");
	tree_put(world->dir, "knob", "first\nsecond\n");
	assert_int_equal(knob_read(world->knob, value, sizeof(value), &world->error), 0);
	assert_string_equal(value, "first");
	tree_put(world->dir, "knob", "123456789");
	assert_int_equal(knob_read(world->knob, value, sizeof(value), &world->error), 0);
	assert_string_equal(value, "1234567");
	tree_put(world->dir, "knob", "");
	assert_int_equal(knob_read(world->knob, value, sizeof(value), &world->error), 0);
	assert_string_equal(value, "");
}

static void test_read_refused(void **state)
{
	struct world *world = *state;
	char value[8] = "before";

	assert_int_equal(knob_read(world->knob, value, sizeof(value), &world->error), -ENOENT);
	assert_error(&world->error, ENOENT, words_of("read %s", world->knob));
	assert_int_equal(knob_read(world->dir, value, sizeof(value), &world->error), -EISDIR);
	assert_error(&world->error, EISDIR, words_of("read %s", world->dir));
	assert_string_equal(value, "before");
	assert_int_equal(knob_read(world->dir, value, sizeof(value), NULL), -EISDIR);
}

static void test_read_while_busy(void **state)
{
	struct world *world = *state;
	char value[8];

	tree_put(world->dir, "knob", "off\n");
	fake.read_err = EBUSY;
	fake.times = 5;
	assert_int_equal(knob_read(world->knob, value, sizeof(value), &world->error), 0);
	assert_string_equal(value, "off");
	assert_int_equal(fake.pauses, 5);
	fake.times = UINT_MAX;
	assert_int_equal(knob_read(world->knob, value, sizeof(value), &world->error), -EBUSY);
	assert_error(&world->error, EBUSY, words_of("read %s", world->knob));
	assert_in_range(fake.paused_ns, 1500000000U, 2500000000U);
}

static void test_read_number(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {{"0\n", 0}, {"-1\n", -1}, {"42", 42}, {"9223372036854775807\n", INT64_MAX}};
	struct world *world = *state;
	int64_t value;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tree_put(world->dir, "knob", cases[i].text);
		assert_int_equal(knob_read_number(world->knob, &value, &world->error), 0);
		assert_int_equal(value, cases[i].want);
	}
}

static void test_read_no_number(void **state)
{
	static const char *const cases[] = {"", "\n", "on\n", "12x\n", "1 2\n", "9223372036854775808\n"};
	struct world *world = *state;
	int64_t value = 77;
	char words[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tree_put(world->dir, "knob", cases[i]);
		assert_int_equal(knob_read_number(world->knob, &value, &world->error), -EINVAL);
		assert_int_equal(value, 77);
		snprintf(words, sizeof(words), "read %s: '%.*s' is no number", world->knob,
			 (int)strcspn(cases[i], "\n"), cases[i]);
		assert_error(&world->error, EINVAL, words);
	}
	unlink(world->knob);
	assert_int_equal(knob_read_number(world->knob, &value, &world->error), -ENOENT);
	assert_error(&world->error, ENOENT, words_of("read %s", world->knob));
}

static int replace(struct world *world, const char *text)
{
	return file_replace(world->dir, "knob", text, &world->error);
}

static void test_replace(void **state)
{
	struct world *world = *state;
	struct stat made;

	assert_int_equal(replace(world, "one\n"), 0);
	assert_tree_holds(world->dir, "knob", "one");
	assert_int_equal(stat(world->knob, &made), 0);
	assert_int_equal(made.st_mode & 07777, 0644);
	tree_put(world->dir, "knob.new", "what a killed one left, longer than all that follows");
	assert_int_equal(replace(world, "two\n"), 0);
	assert_tree_holds(world->dir, "knob", "two");
	assert_false(tree_has(world->dir, "knob.new"));
}

/* A reader that opened the old file reads on in it: another file took its place. */
static void test_replace_is_atomic(void **state)
{
	struct world *world = *state;
	char text[8] = "";
	FILE *reader;

	tree_put(world->dir, "knob", "old");
	reader = fopen(world->knob, "re");
	assert_non_null(reader);
	assert_int_equal(replace(world, "new!"), 0);
	assert_int_equal(fread(text, 1, sizeof(text), reader), 3);
	assert_string_equal(text, "old");
	fclose(reader);
	assert_tree_holds(world->dir, "knob", "new!");
}

/* The disk is full, or says so at close only. The old one stays, nothing else does. */
static void test_replace_disk_full(void **state)
{
	struct world *world = *state;

	for (int at_close = 0; at_close < 2; at_close++) {
		tree_put(world->dir, "knob", "old");
		fake.write_err = at_close ? 0 : ENOSPC;
		fake.close_err = at_close ? ENOSPC : 0;
		fake.times = 1;
		assert_int_equal(replace(world, "new"), -ENOSPC);
		assert_error(&world->error, ENOSPC, words_of("write %s", world->knob));
		assert_tree_holds(world->dir, "knob", "old");
		assert_false(tree_has(world->dir, "knob.new"));
	}
}

static void test_replace_refused(void **state)
{
	struct world *world = *state;
	char name[NAME_MAX + 1];

	assert_int_equal(mkdir(world->knob, 0755), 0); /* rename() refuses */
	assert_int_equal(replace(world, "x"), -EISDIR);
	assert_error(&world->error, EISDIR, words_of("write %s", world->knob));
	assert_false(tree_has(world->dir, "knob.new"));
	assert_int_equal(file_replace(world->knob, "no", "x", &world->error), 0);
	assert_int_equal(file_replace(tree_at(world->dir, "no/such"), "x", "x", &world->error), -ENOENT);
	assert_error(&world->error, ENOENT, words_of("open %s/no", world->dir));
	memset(name, 'x', sizeof(name));
	name[NAME_MAX - 3] = '\0';
	assert_int_equal(file_replace(world->dir, name, "x", &world->error), -ENAMETOOLONG);
}

/* What is behind a link is not written, whoever made the link. */
static void test_replace_no_links(void **state)
{
	struct world *world = *state;

	tree_put(world->dir, "precious", "root's");
	tree_link(world->dir, "knob.new", "precious");
	tree_link(world->dir, "knob", "precious");
	assert_int_equal(replace(world, "ours"), 0);
	assert_tree_holds(world->dir, "precious", "root's");
	assert_tree_holds(world->dir, "knob", "ours");
}

static int read_knob(struct world *world, char **text)
{
	return file_read(world->dir, "knob", text, &world->error);
}

static void test_read_whole_file(void **state)
{
	struct world *world = *state;
	char *big = calloc(1, 100001), *text;

	memset(big, 'y', 100000);
	big[50000] = '\n';
	tree_put(world->dir, "knob", big);
	assert_int_equal(read_knob(world, &text), 0);
	assert_string_equal(text, big);
	free(text);
	free(big);
	tree_put(world->dir, "knob", "");
	assert_int_equal(read_knob(world, &text), 0);
	assert_string_equal(text, "");
	free(text);
	unlink(world->knob);
	assert_int_equal(read_knob(world, &text), -ENOENT);
	assert_error(&world->error, ENOENT, words_of("read %s", world->knob));
}

/* No link, no FIFO (which would block), no device, and nothing without end. */
static void test_read_regular_files_only(void **state)
{
	struct world *world = *state;
	char *text = NULL;

	tree_put(world->dir, "precious", "root's");
	tree_link(world->dir, "knob", "precious");
	assert_int_equal(read_knob(world, &text), -EINVAL);
	assert_error(&world->error, EINVAL, words_of("read %s, which is no regular file", world->knob));
	unlink(world->knob);
	assert_int_equal(mkfifo(world->knob, 0600), 0);
	assert_int_equal(read_knob(world, &text), -EINVAL);
	unlink(world->knob);
	assert_int_equal(mkdir(world->knob, 0700), 0);
	assert_int_equal(read_knob(world, &text), -EINVAL);
	rmdir(world->knob);
	tree_put(world->dir, "knob", "");
	assert_int_equal(truncate(world->knob, 1L << 40), 0);
	assert_int_equal(read_knob(world, &text), -EFBIG);
	assert_null(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_fail),
		TEST(test_write),
		TEST(test_write_refused),
		TEST(test_write_refused_at_close),
		TEST(test_write_and_close_refused),
		TEST(test_write_cut_short),
		TEST(test_write_while_busy),
		TEST(test_write_busy_for_ever),
		TEST(test_write_other_errors_at_once),
		TEST(test_read),
		TEST(test_read_refused),
		TEST(test_read_while_busy),
		TEST(test_read_number),
		TEST(test_read_no_number),
		TEST(test_replace),
		TEST(test_replace_is_atomic),
		TEST(test_replace_disk_full),
		TEST(test_replace_refused),
		TEST(test_replace_no_links),
		TEST(test_read_whole_file),
		TEST(test_read_regular_files_only),
	};

	signal(SIGXFSZ, SIG_IGN);
	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
