// SPDX-License-Identifier: GPL-2.0
/* What a program at sched_switch costs at each switch; for tests/bench/run. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

struct program {
	int fd;
	uint64_t runs, ns;
};

static void die(const char *what)
{
	fprintf(stderr, "cost: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The least that can be at the hook: r0 = 0; exit. */
static int attach_empty(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);
	int fd, btf_id = libbpf_find_vmlinux_btf_id("sched_switch", BPF_TRACE_RAW_TP);

	if (btf_id < 0)
		die("sched_switch in BTF");
	opts.attach_btf_id = (__u32)btf_id;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "GPL", insns, 2, &opts);
	if (fd < 0)
		die("load the empty program");
	if (bpf_raw_tracepoint_open(NULL, fd) < 0)
		die("attach the empty program");
	return fd;
}

static struct bpf_prog_info info_of(int fd)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		die("program info");
	return info;
}

/* Of somebody's programs at a switch, the one that runs at it: it has "switch" in its name. */
static int find_program(void)
{
	int found = -1;
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!strstr(info_of(fd).name, "switch")) {
			close(fd);
			continue;
		}
		if (found >= 0)
			close(found);
		found = fd;
	}
	if (found < 0) {
		errno = ENOENT;
		die("a program with 'switch' in its name");
	}
	return found;
}

static struct program begin(int fd)
{
	struct bpf_prog_info info = info_of(fd);

	return (struct program){.fd = fd, .runs = info.run_cnt, .ns = info.run_time_ns};
}

static void end(struct program *program)
{
	struct bpf_prog_info info = info_of(program->fd);

	program->runs = info.run_cnt - program->runs;
	program->ns = info.run_time_ns - program->ns;
}

static double ns_per_run(const struct program *program)
{
	return program->runs ? (double)program->ns / (double)program->runs : 0;
}

static double seconds_of(char **command)
{
	struct timespec began, ended;
	pid_t pid;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &began);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (!freopen("/dev/null", "w", stdout))
			die("/dev/null");
		execvp(command[0], command);
		die(command[0]);
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		errno = ECHILD;
		die(command[0]);
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	return (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
}

/*
 * cost COMMAND...: while COMMAND runs, what the youngest program at a switch takes per run, and the empty one
 * beside it; statistics are on meanwhile, and are in the time of both. Prints: ns of it, ns of the empty one, runs
 * per second.
 */
int main(int argc, char **argv)
{
	int stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	struct program empty, theirs;
	double seconds;

	if (argc < 2) {
		fprintf(stderr, "usage: cost COMMAND...\n");
		return 2;
	}
	if (stats < 0)
		die("bpf_enable_stats");
	theirs = begin(find_program());
	empty = begin(attach_empty());
	seconds = seconds_of(argv + 1);
	end(&empty);
	end(&theirs);
	printf("%.1f %.1f %.0f\n", ns_per_run(&theirs), ns_per_run(&empty), (double)theirs.runs / seconds);
	close(stats);
	return 0;
}
