// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into hotdamon, it makes each attaching of a BPF program take long, as it does on a machine under
 * load: for first_window of tests/bpf/run.
 */
#include <dlfcn.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 30000000L

typedef long (*syscall_function)(long number, ...);

/* libbpf's way to the kernel. */
long syscall(long number, ...)
{
	syscall_function real = (syscall_function)dlsym(RTLD_NEXT, "syscall");
	long arg[6], done;
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	done = real(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	if (number == SYS_bpf && (arg[0] == BPF_LINK_CREATE || arg[0] == BPF_RAW_TRACEPOINT_OPEN))
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	return done;
}
