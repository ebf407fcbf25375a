// SPDX-License-Identifier: GPL-2.0
/* Rules, asked of a real process whose main thread has exited: /proc/PID tells little of it, its threads do. */
#include "cm.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/judge.h"
#include "sense/advised.h"

#define WAIT_MS 20000

/* It loads BPF, which is not tested here. */
int advised_open(struct advised **advised)
{
	(void)advised;
	return -EOPNOTSUPP;
}

void advised_close(struct advised *advised)
{
	(void)advised;
}

bool advised_only(struct advised *advised, uint32_t tid)
{
	(void)advised;
	(void)tid;
	return false;
}

static void *live_on(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static pid_t start_headless(struct process_facts *facts)
{
	pid_t pid = fork();

	if (!pid) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, live_on, NULL))
			_exit(1);
		syscall(SYS_exit, 0);
	}
	assert_true(pid > 0);
	for (int ms = 0; ms < WAIT_MS; ms++) {
		if (!process_facts_read("/proc", (uint32_t)pid, facts) && facts->live_tid &&
		    facts->live_tid != facts->tgid)
			return pid;
		usleep(1000);
	}
	kill(pid, SIGKILL);
	fail_msg("its main thread did not exit");
	return -1;
}

static bool left_out(const char *text, const struct process_facts *facts)
{
	struct process_id id = {facts->tgid, facts->start_time_ticks * PROC_TICK_NS};
	struct services *services = services_new("/proc", NULL);
	struct rules rules = {.n = 1};
	struct rules_verdict verdict;
	struct judge *judge;

	assert_null(rule_parse(text, true, &rules.rules[0]));
	judge = judge_new(&rules, services);
	assert_non_null(judge);
	verdict = judge_process(judge, facts, id, (struct process_owner){.uid = getuid()}, 1);
	judge_free(judge);
	services_free(services);
	return verdict.out;
}

static void test_headless(void **state)
{
	struct process_facts facts;
	pid_t pid = start_headless(&facts);
	bool by_exe = left_out("exe=test_judge", &facts), by_other = left_out("exe=another", &facts);

	(void)state;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(by_exe);
	assert_false(by_other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
