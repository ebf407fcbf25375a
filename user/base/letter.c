// SPDX-License-Identifier: GPL-2.0
#include "base/letter.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/units.h"

/* Room for one descriptor, as aligned as the kernel wants it. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static void attach(struct msghdr *message, union control *control, int fd)
{
	memset(control, 0, sizeof(*control));
	message->msg_control = control->room;
	message->msg_controllen = sizeof(control->room);
	control->head.cmsg_level = SOL_SOCKET;
	control->head.cmsg_type = SCM_RIGHTS;
	control->head.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control->head), &fd, sizeof(fd));
}

/* Moves on by what was sent. */
static void skip(struct msghdr *message, size_t sent)
{
	while (message->msg_iovlen && sent >= message->msg_iov->iov_len) {
		sent -= message->msg_iov->iov_len;
		message->msg_iov++;
		message->msg_iovlen--;
	}
	if (message->msg_iovlen) {
		message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + sent;
		message->msg_iov->iov_len -= sent;
	}
}

int letter_put(int socket, struct iovec *parts, size_t n, int fd)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = n};
	union control control;

	if (fd >= 0)
		attach(&message, &control, fd);
	while (message.msg_iovlen) {
		ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		message.msg_control = NULL;
		message.msg_controllen = 0;
		skip(&message, (size_t)sent);
	}
	return 0;
}

static void take_fd(struct msghdr *message, int *fd)
{
	const struct cmsghdr *head = CMSG_FIRSTHDR(message);

	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
}

int letter_get(int socket, void *to, size_t bytes, int *fd)
{
	struct iovec part = {.iov_base = to, .iov_len = bytes};
	union control control;

	if (fd)
		*fd = -1;
	while (part.iov_len) {
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
		ssize_t got;

		if (fd &&
		    *fd < 0) { /* one more than we have room for would stay open: the kernel closes it */
			message.msg_control = control.room;
			message.msg_controllen = CMSG_LEN(sizeof(*fd));
		}
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EPIPE;
		if (fd && *fd < 0)
			take_fd(&message, fd);
		part.iov_base = (char *)part.iov_base + got;
		part.iov_len -= (size_t)got;
	}
	return 0;
}

int letter_wait(int socket, uint64_t wait_ns)
{
	uint64_t end_ns = clock_awake_ns() + wait_ns, now_ns;
	struct pollfd pollfd = {.fd = socket, .events = POLLIN};

	while ((now_ns = clock_awake_ns()) < end_ns) {
		int ready = poll(&pollfd, 1, (int)((end_ns - now_ns) / NS_PER_MS) + 1);

		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
	return -ETIME;
}
