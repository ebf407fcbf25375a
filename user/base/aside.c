// SPDX-License-Identifier: GPL-2.0
#include "base/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/letter.h"
#include "base/textfile.h"

#define ROOT_LEN      96
#define HELPER_SOCKET (STDERR_FILENO + 1)
#define REAP_TRIES    1000
#define REAP_NS	      1000000L /* a killed one is gone within a second in all, if the kernel lets it */

struct helper {
	pid_t child; /* 0: none */
	int socket;
	bool waits; /* for @pid, since @since_ns, by clock_awake_ns(); what it will say is of no use any more */
	bool killed; /* in vain so far */
	uint32_t pid;
	uint64_t since_ns;
};

static struct {
	pid_t owner;	       /* whose the helpers are; 0: nobody has any. A fork of it does all by itself */
	uint64_t ended_cpu_ns; /* of helpers that have ended */
	struct helper helpers[ASIDE_MOST];
} aside;

static bool has_helpers(void)
{
	return aside.owner && aside.owner == getpid();
}

/* What failed has nothing to tell. */
static int do_it(struct aside_call *call)
{
	int err = call->work(call);

	if (err >= 0)
		return err;
	free(call->out);
	call->out = NULL;
	call->out_bytes = 0;
	return err;
}

/* ---- the helper ---- */

/*
 * Nothing of the parent's is kept but the socket: not its locks, which would outlive it, not its output, whose reader would
 * wait for an end. A signal to all of a group or a terminal is the parent's to heed.
 */
static void become_helper(pid_t parent, int socket)
{
	sigset_t all;
	int null;

	/* Out of the way of the first three: whoever started us may have left one of them closed. */
	socket = fcntl(socket, F_DUPFD_CLOEXEC, HELPER_SOCKET + 1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	prctl(PR_SET_NAME, "hotdamon-aside");
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (null < 0)
			close(i);
		else
			dup2(null, i);
	if (dup2(socket, HELPER_SOCKET) < 0)
		_exit(1);
	close_range(HELPER_SOCKET + 1, ~0U, 0);
	if (chdir("/"))
		_exit(1);
}

/* What goes along each way; what its sizes tell follows. */
struct head {
	aside_work work;
	size_t args_bytes, more_bytes;
	int err;
	uint32_t pid;
	char root[ROOT_LEN];
};

/* The one way in which it ends but by being killed: by the end of the parent, or for want of memory. */
static void *take(int socket, size_t bytes)
{
	void *taken = bytes ? malloc(bytes) : NULL;

	if (bytes && (!taken || letter_get(socket, taken, bytes, NULL)))
		_exit(1);
	return taken;
}

static void answer(int socket, const struct aside_call *call, int err)
{
	struct head head = {.args_bytes = call->args_bytes, .more_bytes = call->out_bytes, .err = err};
	struct iovec parts[] = {
		{&head, sizeof(head)}, {call->args, call->args_bytes}, {call->out, call->out_bytes}};

	if (letter_put(socket, parts, 3, *call->opened))
		_exit(1);
}

static void serve_call(int socket)
{
	int fd, opened = -1;
	struct aside_call call = {.fd = &fd, .opened = &opened};
	struct head head;
	void *in;

	if (letter_get(socket, &head, sizeof(head), &fd))
		_exit(0);
	call.pid = head.pid;
	call.root = head.root;
	call.work = head.work;
	call.args = take(socket, head.args_bytes);
	call.args_bytes = head.args_bytes;
	call.in = in = take(socket, head.more_bytes);
	call.in_bytes = head.more_bytes;
	answer(socket, &call, do_it(&call));
	if (fd >= 0)
		close(fd);
	if (opened >= 0)
		close(opened);
	free(call.args);
	free(in);
	free(call.out);
}

static void serve(pid_t parent, int socket)
{
	become_helper(parent, socket);
	for (;;)
		serve_call(HELPER_SOCKET);
}

/* ---- the caller ---- */

static int spawn(struct helper *helper)
{
	pid_t parent = getpid(), child;
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	child = fork();
	if (!child)
		serve(parent, ends[1]);
	err = -errno;
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return err;
	}
	*helper = (struct helper){.child = child, .socket = ends[0]};
	return 0;
}

/* False: it waits in the kernel, which does not let it go yet. */
static bool reap(struct helper *helper, int tries)
{
	for (int i = 0; i < tries; i++) {
		pid_t ended = waitpid(helper->child, NULL, WNOHANG);

		if (ended == helper->child || (ended < 0 && errno != EINTR)) {
			close(helper->socket);
			*helper = (struct helper){0};
			return true;
		}
		nanosleep(&(struct timespec){.tv_nsec = REAP_NS}, NULL);
	}
	return false;
}

static bool end(struct helper *helper)
{
	uint64_t cpu_ns = clock_process_cpu_ns_of(helper->child);

	int tries = helper->killed ? 1 : REAP_TRIES;

	kill(helper->child, SIGKILL);
	helper->killed = true;
	if (!reap(helper, tries))
		return false;
	aside.ended_cpu_ns += cpu_ns;
	return true;
}

/* Those that came back have an answer that nobody wants, or have ended. */
static void take_back(void)
{
	if (!has_helpers())
		return;
	for (size_t i = 0; i < ASIDE_MOST; i++) {
		struct helper *helper = &aside.helpers[i];
		struct pollfd pollfd = {.fd = helper->socket, .events = POLLIN};

		if (helper->child && helper->waits && poll(&pollfd, 1, 0) > 0)
			end(helper);
	}
}

static struct helper *find(bool waits, uint32_t pid)
{
	for (size_t i = 0; i < ASIDE_MOST; i++) {
		struct helper *helper = &aside.helpers[i];

		if (helper->child && helper->waits == waits && (!waits || helper->pid == pid))
			return helper;
	}
	return NULL;
}

static struct helper *longest_waiting(void)
{
	struct helper *longest = NULL;

	for (size_t i = 0; i < ASIDE_MOST; i++)
		if (!longest || aside.helpers[i].since_ns < longest->since_ns)
			longest = &aside.helpers[i];
	return longest;
}

static int free_helper(struct helper **found)
{
	struct helper *helper = find(false, 0);
	size_t i = 0;

	if (!helper) {
		while (i < ASIDE_MOST && aside.helpers[i].child)
			i++;
		helper = i < ASIDE_MOST ? &aside.helpers[i] : longest_waiting();
		if (helper->child && !end(helper))
			return -EAGAIN;
	}
	*found = helper;
	return helper->child ? 0 : spawn(helper);
}

/* The errno of the work, or of the way; *@answered: which. */
static int take_answer(int socket, struct aside_call *call, bool *answered)
{
	struct head head;
	int opened, err = letter_get(socket, &head, sizeof(head), &opened);

	if (err)
		return err;
	if (head.more_bytes)
		call->out = malloc(head.more_bytes);
	if (head.more_bytes && !call->out)
		err = -ENOMEM;
	if (!err)
		err = letter_get(socket, call->args, call->args_bytes, NULL);
	if (!err)
		err = letter_get(socket, call->out, head.more_bytes, NULL);
	if (!err && call->opened)
		*call->opened = opened;
	else if (opened >= 0)
		close(opened);
	if (err) {
		free(call->out);
		call->out = NULL;
		return err;
	}
	call->out_bytes = head.more_bytes;
	*answered = true;
	return head.err;
}

static int send_call(int socket, const struct aside_call *call)
{
	struct head head = {.work = call->work,
			    .pid = call->pid,
			    .args_bytes = call->args_bytes,
			    .more_bytes = call->in_bytes};
	struct iovec parts[] = {
		{&head, sizeof(head)}, {call->args, call->args_bytes}, {(void *)call->in, call->in_bytes}};

	if (call->root)
		strcpy(head.root, call->root);
	return letter_put(socket, parts, 3, call->fd ? *call->fd : -1);
}

static uint64_t wait_ns(const struct aside_call *call)
{
	return call->wait_ns ? call->wait_ns : ASIDE_WAIT_NS / (1 + aside_waits_for(NULL, 0));
}

/* One that computes, or waits for a CPU, is not held up by whom it asks. */
static bool wants_cpu(const struct helper *helper)
{
	char text[512], *end;
	ssize_t len = textfile_read(text, sizeof(text), "/proc/%d/stat", (int)helper->child);

	end = len < 0 ? NULL : strrchr(text, ')');
	return end && !strncmp(end, ") R", 3);
}

static int wait_for(const struct helper *helper, const struct aside_call *call)
{
	int err = letter_wait(helper->socket, wait_ns(call));

	for (int i = 0; err == -ETIME && i < ASIDE_STARVED_WAITS && wants_cpu(helper); i++)
		err = letter_wait(helper->socket, ASIDE_WAIT_NS);
	return err;
}

static int ask(struct helper *helper, struct aside_call *call)
{
	uint64_t began_ns = clock_awake_ns();
	bool answered = false;
	int err = send_call(helper->socket, call);

	if (!err)
		err = wait_for(helper, call);
	if (err == -ETIME) {
		helper->waits = true;
		helper->pid = call->pid;
		helper->since_ns = began_ns;
		return err;
	}
	if (!err)
		err = take_answer(helper->socket, call, &answered);
	if (!answered) /* it was killed, for want of memory, say */
		end(helper);
	return err == -EPIPE && !answered ? -EAGAIN : err;
}

int aside_do(struct aside_call *call)
{
	struct helper *helper;
	int err;

	call->out = NULL;
	call->out_bytes = 0;
	if (!has_helpers())
		return do_it(call);
	if (call->root && strlen(call->root) >= ROOT_LEN)
		return -ENAMETOOLONG;
	take_back();
	if (find(true, call->pid))
		return -ETIME;
	err = free_helper(&helper);
	return err ? err : ask(helper, call);
}

uint64_t aside_waits_ns(uint32_t pid)
{
	const struct helper *helper;

	take_back();
	helper = find(true, pid);
	return helper ? clock_awake_ns() - helper->since_ns : 0;
}

size_t aside_waits_for(uint32_t *pids, size_t most)
{
	size_t n = 0;

	take_back();
	for (size_t i = 0; i < ASIDE_MOST; i++) {
		const struct helper *helper = &aside.helpers[i];

		if (!helper->child || !helper->waits)
			continue;
		if (n < most)
			pids[n] = helper->pid;
		n++;
	}
	return n;
}

uint64_t aside_cpu_ns(void)
{
	uint64_t sum = aside.ended_cpu_ns;

	for (size_t i = 0; i < ASIDE_MOST; i++)
		if (aside.helpers[i].child)
			sum += clock_process_cpu_ns_of(aside.helpers[i].child);
	return sum;
}

bool aside_is_own(uint32_t pid)
{
	bool own = pid == (uint32_t)getpid();

	for (size_t i = 0; i < ASIDE_MOST && !own; i++)
		own = aside.helpers[i].child && pid == (uint32_t)aside.helpers[i].child;
	return own;
}

void aside_begin(void)
{
	aside.owner = getpid();
}

size_t aside_end(void)
{
	size_t left = 0;

	if (!has_helpers())
		return 0;
	for (size_t i = 0; i < ASIDE_MOST; i++)
		if (aside.helpers[i].child)
			kill(aside.helpers[i].child, SIGKILL);
	for (size_t i = 0; i < ASIDE_MOST; i++)
		left += aside.helpers[i].child && !reap(&aside.helpers[i], left ? 1 : REAP_TRIES);
	aside.owner = 0;
	return left;
}
