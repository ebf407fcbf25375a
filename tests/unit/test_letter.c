// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/letter.h"

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* As somebody might who is not letter_put(): @n descriptors with the bytes. */
static void send_fds(int socket, const char *bytes, unsigned int n)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(3 * sizeof(int))];
	} control = {0};
	struct iovec part = {(void *)bytes, strlen(bytes)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	int fds[3] = {socket, socket, socket};

	message.msg_control = control.room;
	message.msg_controllen = CMSG_SPACE(n * sizeof(int));
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(&control.head), fds, n * sizeof(int));
	assert_int_equal(sendmsg(socket, &message, MSG_NOSIGNAL), strlen(bytes));
}

static void test_round_trip(void **state)
{
	struct iovec parts[] = {{"ab", 2}, {NULL, 0}, {"cde", 3}};
	char taken[6] = "";
	int ends[2], fd;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(letter_put(ends[1], parts, 3, ends[0]), 0);
	assert_int_equal(letter_get(ends[0], taken, 5, &fd), 0);
	assert_string_equal(taken, "abcde");
	assert_true(fd >= 0);
	close(fd);
	close(ends[1]);
	assert_int_equal(letter_get(ends[0], taken, 1, &fd), -EPIPE);
	assert_int_equal(fd, -1);
	close(ends[0]);
}

/* Of more than one, at once or with several pieces, none stays open but the one that was asked for. */
static void test_no_descriptor_too_many(void **state)
{
	unsigned int before = count_fds();

	(void)state;
	for (int wants_fd = 0; wants_fd <= 1; wants_fd++) {
		char taken[5] = "";
		int ends[2], fd = -1;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		send_fds(ends[1], "ab", 2);
		send_fds(ends[1], "c", 1);
		send_fds(ends[1], "d", 3);
		assert_int_equal(letter_get(ends[0], taken, 4, wants_fd ? &fd : NULL), 0);
		assert_string_equal(taken, "abcd");
		assert_int_equal(fd >= 0, wants_fd);
		if (fd >= 0)
			close(fd);
		close(ends[0]);
		close(ends[1]);
		assert_int_equal(count_fds(), before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_no_descriptor_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
