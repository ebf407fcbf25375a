// SPDX-License-Identifier: GPL-2.0
/*
 * Letters between processes, sent by one that may do it anyhow: each byte of the first part of the input, up to a NUL, is a
 * piece of so many bytes of the rest, with some descriptors. What is taken are the bytes, and no more than one descriptor.
 */
#include <dirent.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/letter.h"
#include "fuzz.h"

#define FDS_MOST 3

static unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	fuzz_check(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A piece, with @n_fds descriptors. */
static void send_piece(int socket, const uint8_t *bytes, size_t size, unsigned int n_fds)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(FDS_MOST * sizeof(int))];
	} control = {0};
	struct iovec part = {(void *)bytes, size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	int fds[FDS_MOST] = {0, 0, 0};

	if (n_fds) {
		message.msg_control = control.room;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, n_fds * sizeof(int));
	}
	fuzz_check(sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size);
}

/* Returns how many bytes went. */
static size_t send_all(int socket, const uint8_t *sizes, size_t n, const uint8_t *bytes, size_t size)
{
	size_t sent = 0;

	for (size_t i = 0; i < n && sent < size; i++) {
		size_t piece = sizes[i] >> 2;

		if (piece > size - sent)
			piece = size - sent;
		if (!piece)
			continue;
		send_piece(socket, bytes + sent, piece, sizes[i] & FDS_MOST);
		sent += piece;
	}
	return sent;
}

static void check_taken(int socket, const uint8_t *bytes, size_t size, bool wants_fd)
{
	uint8_t *taken = malloc(size + 1);
	int fd = -1, more;

	fuzz_check(taken);
	if (size)
		fuzz_check(!letter_get(socket, taken, size, wants_fd ? &fd : NULL) &&
			   !memcmp(taken, bytes, size));
	fuzz_check(letter_get(socket, taken, 1, wants_fd ? &more : NULL) == -EPIPE);
	if (fd >= 0)
		fuzz_check(!close(fd));
	free(taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	size_t n = nul ? (size_t)(nul - data) : size, left = nul ? size - n - 1 : 0;
	unsigned int before = open_fds();
	int ends[2];

	for (int wants_fd = 0; wants_fd <= 1; wants_fd++) {
		size_t sent;

		fuzz_check(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
		sent = send_all(ends[1], data, n < 64 ? n : 64, nul ? nul + 1 : data, left);
		fuzz_check(!close(ends[1]));
		check_taken(ends[0], nul ? nul + 1 : data, sent, wants_fd);
		fuzz_check(!close(ends[0]));
	}
	fuzz_check(open_fds() == before);
	return 0;
}
