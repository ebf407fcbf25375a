// SPDX-License-Identifier: GPL-2.0
/*
 * watch machine|PID COMMAND...
 * watch begin LOAD... -- COMMAND...
 *
 * Runs COMMAND, which prints a line of JSON with "window_s" and "window_end_ns" (boot clock) for each window, and
 * prints for each of them what the machine used in that window by /proc/stat, or the process PID by its CPU clock;
 * both are read every other millisecond meanwhile. Of LOAD, which is begun after the first line and ended with
 * COMMAND, all windows from then on:
 * {"pid":…,"all_user_s":…,"all_system_s":…,"truth_s":…,"unsure_s":…,"lost_s":…,"others_s":…,"tick_s":…,"top":…}
 *
 * unsure_s: what was used between the looks at both sides of the window's start and end, if these came late. A virtual
 * machine's CPU may be taken away for longer than between two looks; when it was not, it is 0.
 *
 * lost_s: of the machine, what /proc/stat does not tell of the window's time on all CPUs: it counts ticks, and a virtual
 * machine that is held up loses some.
 *
 * others_s: of the machine, what ticks found in interrupts, or taken by others on this hardware. The scheduler's clock,
 * which is what top counts by, may give that to the task that was there.
 *
 * all_: the kernel's own split of all that the process used, read when the line came, and at no other time. What the
 * kernel once said of it, it never takes back, and ticks that hit it are few: who looks at other times, or
 * began to look earlier, is told another split.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define SAMPLE_MS   2
#define LATE_S	    (2e-3 * SAMPLE_MS) /* from a look to the next: one was missed */
#define MAX_SAMPLES 200000
#define MAX_LINE    (8 << 20)

/* In seconds, since some moment. */
static struct sample {
	double at, cpu, others, told; /* told: by /proc/stat, of all time, also idle */
} samples[MAX_SAMPLES];
static size_t n_samples;

static char **load;	   /* to be begun after the first line; NULL: nothing is */
static pid_t pid;	   /* that is watched; 0: the machine */
static clockid_t clock_id; /* its CPU clock */

/* The length of a tick of the kernel's: the coarse clock moves by it. */
static double tick_s(void)
{
	struct timespec resolution;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution))
		die("clock_getres");
	return (double)resolution.tv_nsec / 1e9;
}

/* User and system time of all CPUs, which is not that of interrupts and of others on this hardware. */
static void look_at_machine(struct sample *sample)
{
	enum { USER, NICE, SYSTEM, IRQ = 5, SOFTIRQ, STEAL, COLUMNS };
	double hertz = (double)sysconf(_SC_CLK_TCK);
	uint64_t ticks[COLUMNS];
	FILE *file = fopen("/proc/stat", "re");

	if (!file || fscanf(file, "cpu"))
		die("/proc/stat");
	for (int i = 0; i < COLUMNS; i++) {
		if (fscanf(file, "%" SCNu64, &ticks[i]) != 1)
			die("/proc/stat");
		sample->told += (double)ticks[i] / hertz;
	}
	fclose(file);
	sample->cpu = (double)(ticks[USER] + ticks[NICE] + ticks[SYSTEM]) / hertz;
	sample->others = (double)(ticks[IRQ] + ticks[SOFTIRQ] + ticks[STEAL]) / hertz;
}

static void watch_process(pid_t process)
{
	pid = process;
	errno = clock_getcpuclockid(pid, &clock_id);
	if (errno)
		die("clock_getcpuclockid");
}

static void take_sample(void)
{
	struct sample *sample = &samples[n_samples];

	if (n_samples++ == MAX_SAMPLES)
		die("too many samples");
	sample->at = (double)read_clock(CLOCK_BOOTTIME) / 1e9;
	if (pid)
		sample->cpu = (double)read_clock(clock_id) / 1e9;
	else
		look_at_machine(sample);
}

/* It is in hundredths of a second. A comm may hold spaces and brackets. */
static void print_split(void)
{
	double hertz = (double)sysconf(_SC_CLK_TCK);
	char path[64], text[1024], *end;
	uint64_t user, system;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file || !fgets(text, sizeof(text), file))
		die(path);
	fclose(file);
	end = strrchr(text, ')');
	if (!end || sscanf(end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64, &user,
			   &system) != 2)
		die(path);
	printf("\"pid\":%d,\"all_user_s\":%.2f,\"all_system_s\":%.2f,", pid, (double)user / hertz,
	       (double)system / hertz);
}

/* What it used until then, and how far that may be off: it was not looked at all the time. */
struct used {
	double cpu, unsure, others, told;
};

/* Before the first sample the load had not begun. */
static struct used used_at(double at)
{
	const struct sample *a = samples, *b;
	double between, part;

	if (at <= a->at)
		return (struct used){.cpu = a->cpu, .others = a->others, .told = a->told};
	while (a + 2 < samples + n_samples && a[1].at < at)
		a++;
	b = a + 1;
	between = b->cpu - a->cpu;
	part = (at - a->at) / (b->at - a->at);
	return (struct used){
		.cpu = a->cpu + between * part,
		.others = a->others + (b->others - a->others) * part,
		.told = a->told + (b->told - a->told) * part,
		.unsure = b->at - a->at > LATE_S ? between : 0,
	};
}

static double number_at(const char *line, const char *key)
{
	const char *found = strstr(line, key);

	return found ? strtod(found + strlen(key), NULL) : 0;
}

static void print_window(const char *line)
{
	double end = number_at(line, "\"window_end_ns\":") / 1e9;
	double window = number_at(line, "\"window_s\":");
	struct used first = used_at(end - window), last = used_at(end);

	printf("{");
	if (pid)
		print_split();
	else
		printf("\"others_s\":%.6f,\"lost_s\":%.6f,", last.others - first.others,
		       window * (double)sysconf(_SC_NPROCESSORS_ONLN) - (last.told - first.told));
	printf("\"truth_s\":%.6f,\"unsure_s\":%.6f,\"tick_s\":%.6f,\"top\":%s}\n", last.cpu - first.cpu,
	       first.unsure + last.unsure, tick_s(), line);
	fflush(stdout);
}

/* Its output is of no interest. It does not outlive us. */
static pid_t begin_load(void)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp(load[0], load);
	die(load[0]);
	return 0;
}

/* Samples begin with the load: at its first it has used nothing, or nearly so. */
static void take_line(const char *line)
{
	if (!load || pid) {
		print_window(line);
		return;
	}
	watch_process(begin_load());
	take_sample();
}

static int start_command(char **command)
{
	int out[2];
	pid_t child;

	if (pipe(out))
		die("pipe");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		execvp(command[0], command);
		die(command[0]);
	}
	close(out[1]);
	return out[0];
}

/* A line may come in parts. */
static void follow(int fd)
{
	static char line[MAX_LINE];
	struct pollfd out = {.fd = fd, .events = POLLIN};
	size_t used = 0;
	ssize_t got;

	for (;;) {
		if (!load || pid)
			take_sample();
		if (poll(&out, 1, SAMPLE_MS) <= 0)
			continue;
		got = read(out.fd, line + used, sizeof(line) - 1 - used);
		if (got <= 0)
			break;
		used += (size_t)got;
		line[used] = '\0';
		if (line[used - 1] != '\n')
			continue;
		line[used - 1] = '\0';
		take_line(line);
		used = 0;
	}
}

/* The command that follows on "--" in @words, which end there then. */
static char **cut_command(char **words)
{
	for (; *words; words++) {
		if (strcmp(*words, "--"))
			continue;
		*words = NULL;
		return words + 1;
	}
	return words;
}

int main(int argc, char **argv)
{
	char **command = argv + 2;

	if (argc < 3) {
		fprintf(stderr,
			"usage: watch machine|PID COMMAND...\n       watch begin LOAD... -- COMMAND...\n");
		return 2;
	}
	if (!strcmp(argv[1], "begin")) {
		load = argv + 2;
		command = cut_command(load);
	} else if (strcmp(argv[1], "machine")) {
		watch_process(atoi(argv[1]));
	}
	follow(start_command(command));
	if (load && pid)
		kill(pid, SIGKILL);
	return 0;
}
