/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes, and a descriptor, from one process to another through a stream socket, whole or not at all. */
#ifndef HOTDAMON_BASE_LETTER_H
#define HOTDAMON_BASE_LETTER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Sends all of @parts, which are changed; with the first byte, which there must be, @fd unless it is negative. Negative errno. */
int letter_put(int socket, struct iovec *parts, size_t n, int fd);

/* Takes @bytes, no less: -EPIPE if the other end closes. A descriptor that came goes to *@fd, else -1 does; NULL: none can come. */
int letter_get(int socket, void *to, size_t bytes, int *fd);

/* Waits until something is there to be taken. -ETIME after @wait_ns of time in which the machine is awake. */
int letter_wait(int socket, uint64_t wait_ns);

#endif
