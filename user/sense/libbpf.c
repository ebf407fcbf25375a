// SPDX-License-Identifier: GPL-2.0
#include "sense/libbpf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ROOM 32 /* hotness.bpf.o has about 25 maps, programs and links */

static int print_debug(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG || !getenv("HOTDAMON_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

void sense_quiet_libbpf(void)
{
	libbpf_set_print(print_debug);
}

int sense_has_room(void)
{
	int fds[ROOM], n = 0, err = 0;

	while (n < ROOM && !err) {
		fds[n] = eventfd(0, EFD_CLOEXEC);
		if (fds[n] < 0)
			err = -errno;
		else
			n++;
	}
	while (n)
		close(fds[--n]);
	return err;
}

int sense_open_err(void)
{
	return errno == LIBBPF_ERRNO__LIBELF ? -ENOMEM : -errno;
}

int sense_kernel_btf(struct btf **out)
{
	struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);

	if (!btf)
		return -errno;
	*out = btf;
	return 0;
}
