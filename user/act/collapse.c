// SPDX-License-Identifier: GPL-2.0
#include "act/collapse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/aside.h"
#include "base/clock.h"
#include "base/reach.h"
#include "base/textfile.h"
#include "decide/process.h"

/* Newer than the C library's headers of some distributions. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define PAGE_BYTES 4096

struct advice {
	uint64_t start, bytes;
	uint64_t cpu_ns; /* what it took */
};

/* The kernel waits for the lock of the memory so that nothing ends it: only once it can be had. */
static int advise_there(struct aside_call *call)
{
	struct advice *advice = call->args;
	struct iovec range = {
		.iov_base = (void *)(uintptr_t)advice->start, /* NOLINT: an address of the other process */
		.iov_len = advice->bytes,
	};
	uint64_t began_ns;
	long done;

	reach_wait(call->root, call->pid);
	began_ns = clock_thread_cpu_ns();
	done = syscall(SYS_process_madvise, *call->fd, &range, 1, MADV_COLLAPSE, 0);
	if (done < 0)
		done = -errno;
	advice->cpu_ns = clock_thread_cpu_ns() - began_ns;
	if (done < 0)
		return (int)done;
	return (uint64_t)done == advice->bytes ? 0 : -EAGAIN;
}

/* Of one that has ended it is nobody's, as the kernel says: then the kernel answers at once. */
static uint32_t pid_of(int pidfd)
{
	const char *line;
	char text[512];

	if (textfile_read(text, sizeof(text), "/proc/self/fdinfo/%d", pidfd) <= 0)
		return UINT32_MAX;
	line = strstr(text, "\nPid:");
	return line ? (uint32_t)strtol(line + strlen("\nPid:"), NULL, 10) : UINT32_MAX;
}

static int advise(int pidfd, uint64_t start, uint64_t bytes, uint64_t *cpu_ns)
{
	struct advice advice = {.start = start, .bytes = bytes};
	struct aside_call call = aside_of("/proc", 0, advise_there, &advice, sizeof(advice));
	int err;

	call.fd = &pidfd;
	call.pid = pid_of(pidfd);
	err = aside_do(&call);
	if (cpu_ns)
		*cpu_ns = advice.cpu_ns;
	return err;
}

/* EINTR: a signal to us came before the kernel began; it is no failure of the slot. */
int collapse_slot(int pidfd, uint64_t slot, uint64_t *cpu_ns, struct act_error *error)
{
	int err = advise(pidfd, slot, PMD_SIZE_BYTES, cpu_ns);

	return err ? act_fail(error, -err, "collapse the slot at 0x%" PRIx64, slot) : 0;
}

/* Of madvise_collapse_errno() in the kernel's mm/khugepaged.c, and of process_madvise() itself. */
enum collapse_outcome collapse_outcome_of(int err)
{
	switch (-err) {
	case 0:
		return COLLAPSE_DONE;
	case EAGAIN:
	case EINTR:
	case ETIME: /* of a helper: what became of it nobody knows yet */
		return COLLAPSE_RETRY;
	case ENOMEM: /* also of an unmapped hole, which a look at the mappings has ruled out shortly before */
		return COLLAPSE_NO_MEMORY;
	case EBUSY: /* also of a slot with holes that userfaultfd watches, which is rare */
		return COLLAPSE_LIMITED;
	case ESRCH:
		return COLLAPSE_GONE;
	case EPERM:
	case EACCES:
	case ENOSYS:
	case EBADF:
		return COLLAPSE_DENIED;
	default:
		return COLLAPSE_UNSUITABLE;
	}
}

const char *collapse_barred_by(int err)
{
	switch (-err) {
	case EPERM:
		return "refused (EPERM): no CAP_SYS_NICE, or by a security module";
	case EACCES:
		return "refused (EACCES): no ptrace-read of it, or by a security module";
	case ENOSYS:
		return "refused (ENOSYS): no process_madvise, or by a filter";
	case ESRCH:
		return "its main thread has exited: process_madvise does not reach it (ESRCH); the executor "
		       "damos would, where the kernel has its scheme (7.2 and newer)";
	default:
		return NULL;
	}
}

int collapse_allowed(int pidfd, uint64_t slot)
{
	int err = advise(pidfd, slot, PAGE_BYTES, NULL);

	if (err == -EINVAL || err == -ENOMEM)
		return 0;
	return err ? err : 1;
}

int collapse_reach(uint32_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0), err;

	if (pidfd < 0)
		return -errno;
	err = collapse_allowed(pidfd, 0);
	close(pidfd);
	return err < 0 ? err : 0;
}

/* The aligned slot in @memory, a mapping of two, with one page touched: an untouched mapping is refused. */
static uint64_t touch_slot(char *memory)
{
	char *slot = memory + (PMD_SIZE_BYTES - (uintptr_t)memory % PMD_SIZE_BYTES) % PMD_SIZE_BYTES;

	*(volatile char *)slot = 1;
	return (uintptr_t)slot;
}

/*
 * Has the same memory as we. It ends by itself when *@leash is closed, by us or by our end: whoever may not be killed
 * would be waited for without end.
 */
static pid_t start_child(int *leash)
{
	int ends[2];
	pid_t pid;
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) != 0);
	}
	close(ends[0]);
	if (pid > 0)
		*leash = ends[1];
	else
		close(ends[1]);
	return pid;
}

static int probe_child(pid_t pid, uint64_t slot, struct act_error *error)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), err;

	if (pidfd < 0)
		return act_fail(error, errno, "pidfd_open");
	err = advise(pidfd, slot, PAGE_BYTES, NULL);
	close(pidfd);
	switch (-err) {
	case 0:
		return 0;
	case EINVAL:
		return act_fail(error, EINVAL,
				"process_madvise(MADV_COLLAPSE): needs Linux 6.1 with huge pages");
	case ENOSYS:
		return act_fail(error, ENOSYS, "process_madvise(MADV_COLLAPSE): needs Linux 6.1");
	case EPERM:
		return act_fail(error, EPERM, "process_madvise(MADV_COLLAPSE): without CAP_SYS_NICE");
	case EACCES:
		return act_fail(error, EACCES, "process_madvise(MADV_COLLAPSE): without ptrace-read");
	default:
		return act_fail(error, -err, "process_madvise(MADV_COLLAPSE)");
	}
}

static int probe_with(char *memory, struct act_error *error)
{
	uint64_t slot = touch_slot(memory);
	int leash, err;
	pid_t pid = start_child(&leash);

	if (pid < 0)
		return act_fail(error, errno, "fork");
	err = probe_child(pid, slot, error);
	close(leash);
	waitpid(pid, NULL, 0);
	return err;
}

int collapse_probe(struct act_error *error)
{
	char *memory =
		mmap(NULL, 2 * PMD_SIZE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if (memory == MAP_FAILED)
		return act_fail(error, errno, "memory to try process_madvise(MADV_COLLAPSE) on");
	err = probe_with(memory, error);
	munmap(memory, 2 * PMD_SIZE_BYTES);
	return err;
}

int collapse_barred_everywhere(void)
{
	int err = collapse_probe(NULL);

	return collapse_barred_by(err) ? err : 0;
}
