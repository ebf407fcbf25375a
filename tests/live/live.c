// SPDX-License-Identifier: GPL-2.0
/*
 * The parts that collapse memory, on the kernel that runs here and on a child of our own: what is asserted is
 * what the child's page tables are afterwards, by its smaps, not what a call returned.
 */
#include "capabilities.h"
#include "child.h"

static char *own_slot; /* of a child that leaves a thread behind */

static void test_populations(void **state)
{
	const struct child *child = *state;
	struct slot_pages pages = pages_of(child, FULL);

	assert_int_equal(pages.present, SLOT_PAGES);
	assert_false(pages.huge);
	pages = pages_of(child, HALF);
	assert_int_equal(pages.present, SLOT_PAGES / 2);
	assert_int_equal(pages.zero + pages.swapped + pages.guard, 0);
	pages = pages_of(child, UNTOUCHED);
	assert_int_equal(pages.present + pages.zero + pages.swapped + pages.guard, 0);
}

static void test_page_of_zeroes(void **state)
{
	const struct child *child = *state;
	struct slot_pages pages = pages_of(child, ZERO);

	if (!child->zeroes) {
		print_message("skipped: this kernel does not share the page of zeroes\n");
		skip();
	}
	assert_int_equal(pages.zero, SLOT_PAGES);
	assert_int_equal(pages.present, 0);
}

static void test_guard_page(void **state)
{
	const struct child *child = *state;
	struct slot_pages pages = pages_of(child, GUARDED);

	if (!child->guards) {
		print_message("skipped: this kernel has no guard pages (6.13)\n");
		skip();
	}
	assert_int_equal(pages.present, SLOT_PAGES - 1);
	assert_int_equal(pages.guard + pages.swapped, 1); /* swapped before 6.15 */
	assert_int_not_equal(collapse_slot(child->pidfd, slot_of(child, GUARDED), NULL, NULL), 0);
	assert_false(pages_of(child, GUARDED).huge);
}

/* All of the arena, in one go, is what single looks say. */
static void test_all_at_once(void **state)
{
	const struct child *child = *state;
	struct slot_pages one, many[LAST + 1];
	uint64_t slots[LAST + 1];
	size_t n = 0;

	assert_int_equal(collapse_slot(child->pidfd, slot_of(child, BESIDE), NULL, NULL), 0);
	for (int slot = 0; slot <= LAST; slot++)
		if (slot != UNTOUCHED) /* a gap */
			slots[n++] = slot_of(child, slot);
	assert_int_equal(slot_pages_read("/proc", (uint32_t)child->pid, slots, n, many), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(slot_pages_read("/proc", (uint32_t)child->pid, &slots[i], 1, &one), 0);
		assert_memory_equal(&one, &many[i], sizeof(one));
	}
	assert_true(many[BESIDE - 1].huge);
}

static void test_collapse(void **state)
{
	const struct child *child = *state;
	struct slot_pages pages;
	struct act_error error = {""};

	assert_int_equal(smaps_huge_kib(child, slot_of(child, FULL)), 0);
	assert_int_equal(collapse_slot(child->pidfd, slot_of(child, FULL), NULL, &error), 0);
	assert_string_equal(error.text, "");
	pages = pages_of(child, FULL);
	assert_true(pages.huge);
	assert_int_equal(pages.present, SLOT_PAGES);
	assert_int_equal(smaps_huge_kib(child, slot_of(child, FULL)), SLOT / 1024);
	assert_false(pages_of(child, HALF).huge); /* the neighbour is as it was */
	assert_int_equal(collapse_slot(child->pidfd, slot_of(child, FULL), NULL, &error),
			 0); /* huge before */
}

static void refused(const struct child *child, int slot, const char *name)
{
	struct act_error error = {""};
	int err = collapse_slot(child->pidfd, slot_of(child, slot), NULL, &error);

	if (!err)
		fail_msg("%s: collapsed", name);
	assert_int_not_equal(collapse_outcome_of(err), COLLAPSE_DONE);
	assert_contains(error.text, "collapse the slot at 0x");
	assert_false(pages_of(child, slot).huge);
}

static void test_refused(void **state)
{
	const struct child *child = *state;

	refused(child, REFUSED, "NOHUGEPAGE");
	refused(child, UNTOUCHED, "untouched");
	refused(child, NARROW, "a hole at its start");
	assert_int_equal(
		collapse_outcome_of(collapse_slot(child->pidfd, slot_of(child, REFUSED), NULL, NULL)),
		COLLAPSE_UNSUITABLE);
}

static void test_allowed_changes_nothing(void **state)
{
	const struct child *child = *state;

	assert_int_equal(collapse_allowed(child->pidfd, slot_of(child, FULL)), 1);
	assert_int_equal(collapse_allowed(child->pidfd, slot_of(child, REFUSED)), 0);
	assert_int_equal(collapse_allowed(child->pidfd, slot_of(child, NARROW)), 0);
	assert_int_equal(collapse_reach((uint32_t)child->pid), 0);
	assert_false(pages_of(child, FULL).huge);
	assert_int_equal(pages_of(child, HALF).present, SLOT_PAGES / 2);
}

struct asked {
	int pidfd;
	unsigned int times;
};

static bool ask(void *arg, uint64_t slot)
{
	struct asked *asked = arg;

	asked->times++;
	return collapse_allowed(asked->pidfd, slot) == 1;
}

static void test_mappings(void **state)
{
	const struct child *child = *state;
	struct asked asked = {.pidfd = child->pidfd};
	struct vma_asking asking = {
		.ask = ask, .arg = &asked, .now_ns = 1, .left = LAST + 1, .again_left = LAST + 1};
	struct vma_map map = {0};
	const bool fits[LAST + 1] = {[FULL] = true, [HALF] = true,   [UNTOUCHED] = true, [ZERO] = true,
				     [LAST] = true, [BESIDE] = true, [GUARDED] = true,	 [SHARED] = true};
	unsigned int first;

	assert_int_equal(vma_map_look(&map, "/proc", (uint32_t)child->pid), 0);
	for (int slot = 0; slot <= LAST; slot++)
		if ((vma_map_ask(&map, slot_of(child, slot), &asking) == VMA_YES) != fits[slot])
			fail_msg("slot %d", slot);
	first = asked.times;
	assert_true(first > 0 && first < LAST);
	assert_int_equal(vma_map_look(&map, "/proc", (uint32_t)child->pid), 0);
	assert_int_equal(vma_map_ask(&map, slot_of(child, FULL), &asking), VMA_YES);
	assert_int_equal(vma_map_ask(&map, slot_of(child, REFUSED), &asking), VMA_NO);
	assert_int_equal(asked.times, first); /* all is known, also what was refused */
	asking.now_ns += VMA_AGAIN_NS;
	assert_int_equal(vma_map_ask(&map, slot_of(child, FULL), &asking), VMA_YES);
	assert_int_equal(asked.times, first);
	assert_int_equal(vma_map_ask(&map, slot_of(child, REFUSED), &asking), VMA_NO);
	assert_int_equal(asked.times, first + 1);
	vma_map_free(&map);
}

static void test_ended(void **state)
{
	struct child *child = *state;
	uint64_t slot = slot_of(child, FULL);
	struct slot_pages pages;
	struct vma_map map = {0};

	end_child(child);
	assert_int_equal(collapse_outcome_of(collapse_slot(child->pidfd, slot, NULL, NULL)), COLLAPSE_GONE);
	assert_int_equal(collapse_allowed(child->pidfd, slot), -ESRCH);
	assert_int_equal(collapse_reach((uint32_t)child->pid), -ESRCH);
	assert_int_equal(slot_pages_read("/proc", (uint32_t)child->pid, &slot, 1, &pages), -ESRCH);
	assert_int_equal(vma_map_look(&map, "/proc", (uint32_t)child->pid), -ESRCH);
}

static void test_bad_slots(void **state)
{
	const struct child *child = *state;
	uint64_t odd = slot_of(child, FULL) + PAGE, twice[2] = {slot_of(child, HALF), slot_of(child, HALF)};
	struct slot_pages pages[2];

	assert_int_equal(slot_pages_read("/proc", (uint32_t)child->pid, &odd, 1, pages), -EINVAL);
	assert_int_equal(slot_pages_read("/proc", (uint32_t)child->pid, twice, 2, pages), -EINVAL);
	assert_int_equal(slot_pages_read("/proc", (uint32_t)child->pid, NULL, 0, pages), 0);
}

static void test_probe(void **state)
{
	struct act_error error = {""};

	(void)state;
	assert_int_equal(collapse_probe(&error), 0);
	assert_string_equal(error.text, "");
}

/* Without CAP_SYS_NICE; in a child, which gives it up for good. */
static void test_probe_without_capability(void **state)
{
	struct act_error error = {""};
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		int err = setresuid(65534, 65534, 65534);

		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* or it could not even look at a child of its own */
		err = err ? 0 : collapse_probe(&error);
		_exit(err == -EPERM && strstr(error.text, "CAP_SYS_NICE") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int set_up_other_user(void **state)
{
	int err;

	child_uid = 65534;
	err = set_up(state);
	child_uid = 0;
	return err;
}

/* All that is done to a target, with just these capabilities; the first error. */
static int collapse_with(const struct child *child, int slot, uint64_t mask)
{
	uint64_t address = slot_of(child, slot);
	struct vma_map mappings = {0};
	struct slot_pages pages;
	int err = keep_capabilities(mask);

	if (!err)
		err = vma_map_look(&mappings, "/proc", (uint32_t)child->pid);
	if (!err)
		err = slot_pages_read("/proc", (uint32_t)child->pid, &address, 1, &pages);
	if (!err)
		err = collapse_slot(child->pidfd, address, NULL, NULL);
	return err;
}

static int in_a_child(const struct child *child, int slot, uint64_t mask)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid)
		_exit(-collapse_with(child, slot, mask));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

/* The service is root with few capabilities; its targets are of other users. */
static void test_other_user_with_the_capabilities_of_the_unit(void **state)
{
	const struct child *child = *state;
	uint64_t mask = unit_capabilities();

	assert_true(mask);
	assert_int_equal(in_a_child(child, BESIDE, mask & ~(1ULL << CAP_DAC_READ_SEARCH)), -EACCES);
	/* Newer kernels take CAP_PERFMON for it as well. */
	assert_int_equal(in_a_child(child, BESIDE, mask & ~(1ULL << CAP_SYS_PTRACE | 1ULL << CAP_PERFMON)),
			 -EACCES);
	assert_int_equal(in_a_child(child, BESIDE, mask & ~(1ULL << CAP_SYS_NICE)), -EPERM);
	assert_false(pages_of(child, BESIDE).huge);
	assert_int_equal(in_a_child(child, BESIDE, mask), 0);
	assert_true(pages_of(child, BESIDE).huge);
}

static void *sleep_for_ever(void *arg)
{
	int *told = arg;
	uint64_t slot = (uintptr_t)own_slot;

	(void)!write(told[1], &slot, sizeof(slot));
	while (true)
		pause();
	return NULL;
}

static void leave_a_thread(int told[2])
{
	pthread_t thread;
	char *memory = mmap(NULL, 2 * SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(memory != MAP_FAILED, "mmap");
	own_slot = memory + (SLOT - (uintptr_t)memory % SLOT) % SLOT;
	touch(own_slot, 1);
	must(!pthread_create(&thread, NULL, sleep_for_ever, told), "thread");
	syscall(SYS_exit, 0);
}

/* What collapse_allowed() says once it does not say yes; 1 if it does not within ten seconds. */
static int wait_for_refusal(int pidfd, uint64_t slot)
{
	int allowed = 1;

	for (int i = 0; i < 1000 && allowed == 1; i++) {
		allowed = collapse_allowed(pidfd, slot);
		usleep(10000);
	}
	close(pidfd);
	return allowed;
}

static void test_words_of_refusal(void **state)
{
	const int none[] = {0, 1, -EINVAL, -ENOMEM, -EAGAIN, -EBUSY, -EINTR};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_null(collapse_barred_by(none[i]));
	assert_contains(collapse_barred_by(-EPERM), "security module");
	assert_contains(collapse_barred_by(-EACCES), "ptrace-read");
	assert_contains(collapse_barred_by(-ESRCH), "main thread");
	assert_int_equal(collapse_outcome_of(-EPERM), COLLAPSE_DENIED);
	assert_int_equal(collapse_outcome_of(-EACCES), COLLAPSE_DENIED);
	assert_int_equal(collapse_outcome_of(-ESRCH), COLLAPSE_GONE);
}

/* A process lives on without its main thread, and the pidfd does not reach its memory. */
static void test_main_thread_has_exited(void **state)
{
	int status, err, told[2];
	uint64_t slot;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (!pid)
		leave_a_thread(told);
	close(told[1]);
	/* It is readable when the thread runs; the leader's end follows. */
	assert_int_equal(read(told[0], &slot, sizeof(slot)), sizeof(slot));
	err = wait_for_refusal((int)syscall(SYS_pidfd_open, pid, 0), slot);
	assert_int_equal(err, -ESRCH);
	assert_non_null(collapse_barred_by(err));
	assert_int_equal(collapse_reach((uint32_t)pid), -ESRCH);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(told[0]);
}

static void test_pressure(void **state)
{
	struct memory_pressure pressure;

	(void)state;
	pressure_read("/proc", &pressure);
	assert_true(pressure.memory_known);
	assert_true(pressure.available_bytes <= pressure.total_bytes && pressure.free_bytes > 0);
	assert_true(pressure.nodes & 1);
	assert_true(pressure.huge_blocks[0] * SLOT <= pressure.total_bytes);
	assert_int_equal(pressure.psi_known, !access("/proc/pressure/memory", R_OK));
}

/* In our own memory, in a child that ends by itself: what it tells is a measure, and nothing of it stays. */
static void test_miss(void **state)
{
	struct cost_measure measure = {{0}, 0};
	struct host_cost cost;
	struct miss_probe probe;
	pid_t child;

	(void)state;
	if (!miss_has_room("/proc"))
		skip();
	assert_int_equal(miss_start(&probe, false), 0);
	child = probe.child;
	assert_null(miss_take(&probe,
			      &measure)); /* its memory was huge, and stayed small, or it would not say so */
	miss_stop(&probe);
	assert_int_equal(probe.child, 0);
	assert_int_equal(kill(child, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_true(cost_measure_is_sane(&measure) && measure.collapse_ns > 0);
	cost_start(&cost, 0);
	cost_take(&cost, &measure, false);
	assert_true(cost.miss_ns >= COST_MISS_LEAST_NS && cost.miss_ns <= COST_MISS_MOST_NS);
	if (cost.miss_source != COST_MEASURED) /* of a machine whose host has only small pages for it, say */
		assert_contains(cost.miss_reason, "not measurable here");
	print_message("a TLB miss %.1f ns (%s), a collapse %.2f ms\n", cost.miss_ns, cost.miss_reason,
		      cost.collapse_ns / (double)NS_PER_MS);
}

/* Whoever stops it does not wait for it; and it does not outlive who started it, whatever ends that. */
static void test_miss_ends_with_us(void **state)
{
	struct miss_probe probe;
	int told[2], status;
	pid_t parent, child = 0;

	(void)state;
	assert_int_equal(miss_start(&probe, true), 0);
	miss_stop(&probe);
	assert_int_equal(pipe(told), 0);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	parent = fork();
	if (!parent) {
		must(!miss_start(&probe, true), "miss_start");
		must(!kill(probe.child, SIGSTOP), "stop"); /* or it could end by itself */
		must(write(told[1], &probe.child, sizeof(probe.child)) == sizeof(probe.child), "write");
		raise(SIGKILL);
	}
	assert_int_equal(read(told[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(waitpid(parent, &status, 0), parent);
	kill(child, SIGCONT); /* one that had not begun finds that its parent has gone */
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status) == SIGKILL);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
	close(told[0]);
	close(told[1]);
}

static void test_miss_wants_room(void **state)
{
	(void)state;
	assert_false(miss_has_room("/nonexistent"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_populations),
		TEST(test_page_of_zeroes),
		TEST(test_guard_page),
		TEST(test_all_at_once),
		TEST(test_collapse),
		TEST(test_refused),
		TEST(test_allowed_changes_nothing),
		TEST(test_mappings),
		TEST(test_ended),
		TEST(test_bad_slots),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_probe_without_capability),
		cmocka_unit_test_setup_teardown(test_other_user_with_the_capabilities_of_the_unit,
						set_up_other_user, tear_down),
		cmocka_unit_test(test_words_of_refusal),
		cmocka_unit_test(test_main_thread_has_exited),
		cmocka_unit_test(test_pressure),
		cmocka_unit_test(test_miss),
		cmocka_unit_test(test_miss_ends_with_us),
		cmocka_unit_test(test_miss_wants_room),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
