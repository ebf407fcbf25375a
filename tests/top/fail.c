// SPDX-License-Identifier: GPL-2.0
/* Preloaded into hotdamon, it lets every run of a BPF program fail for want of memory while $FAIL_WHILE exists. */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef long (*syscall_function)(long number, ...);

/* libbpf's way to the kernel. */
long syscall(long number, ...)
{
	syscall_function real = (syscall_function)dlsym(RTLD_NEXT, "syscall");
	const char *path = getenv("FAIL_WHILE");
	long arg[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && arg[0] == BPF_PROG_TEST_RUN && path && !access(path, F_OK)) {
		errno = ENOMEM;
		return -1;
	}
	return real(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
