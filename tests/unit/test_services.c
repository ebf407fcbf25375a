// SPDX-License-Identifier: GPL-2.0
/* Whose it is, asked of a /proc of our own. That the kernel tells a path by its id is a test of tests/bpf. */
#include "cm.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/units.h"
#include "sense/proc.h"
#include "sense/services.h"

struct world {
	char root[64];
	struct services *services;
};

static void write_below(const struct world *world, const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", world->root, dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", world->root, dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void write_file(const struct world *world, uint32_t pid, const char *name, const char *text)
{
	char dir[16];

	snprintf(dir, sizeof(dir), "%u", pid);
	write_below(world, dir, name, text);
}

/* It began at 7 s. */
static void process_in(const struct world *world, uint32_t pid, const char *cgroup)
{
	char text[256], path[128];

	snprintf(text, sizeof(text), "%u (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 700 0 0\n", pid);
	write_file(world, pid, "stat", text);
	snprintf(text, sizeof(text), "Name:\tx\nTgid:\t%u\nUid:\t0\t4123456789\t0\t0\nRssAnon:\t4 kB\n", pid);
	write_file(world, pid, "cgroup", cgroup);
	write_file(world, pid, "status", text);
	snprintf(path, sizeof(path), "%s/%u/task", world->root, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%u/task/%u", pid, pid);
	write_below(world, path, "status", text);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	strcpy(world->root, "/tmp/hotdamon-services-XXXXXX");
	assert_non_null(mkdtemp(world->root));
	world->services = services_new(world->root, NULL); /* no mountinfo: nowhere is cgroup v2 */
	assert_non_null(world->services);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;
	char command[128];

	services_free(world->services);
	services_free(NULL);
	snprintf(command, sizeof(command), "rm -r %s", world->root);
	assert_int_equal(system(command), 0);
	free(world);
	return 0;
}

static const char *path_of(const struct world *world, uint32_t pid, bool ended, double now_s)
{
	struct process_id id = {.tgid = pid, .start_time_ns = 700 * PROC_TICK_NS};

	return services_place(world->services, id, 1, ended, (uint64_t)(now_s * 1e9))->path;
}

/* Both are in the root of v2, so each is asked; once in half a minute. */
static void test_each_is_asked(void **state)
{
	const struct world *world = *state;

	process_in(world, 5, "12:cpu:/x\n1:name=systemd:/system.slice/a.service\n0::/\n");
	process_in(world, 6, "1:name=systemd:/system.slice/b.service\n");
	assert_string_equal(path_of(world, 5, false, 1), "/system.slice/a.service");
	assert_string_equal(path_of(world, 6, false, 1), "/system.slice/b.service");
	process_in(world, 5, "0::/system.slice/c.service\n"); /* it is moved */
	assert_string_equal(path_of(world, 5, false, 30.9), "/system.slice/a.service");
	assert_string_equal(path_of(world, 5, false, 31.1), "/system.slice/c.service");
	assert_string_equal(path_of(world, 5, true, 90),
			    "/system.slice/c.service"); /* what was known holds */
}

static void test_nobody_to_ask(void **state)
{
	const struct world *world = *state;
	struct process_id later = {.tgid = 5, .start_time_ns = 800 * PROC_TICK_NS};

	assert_string_equal(path_of(world, 5, false, 1), ""); /* it has ended, and nobody told */
	process_in(world, 6, "0::/a\n");
	assert_string_equal(path_of(world, 6, true, 1), "");
	process_in(world, 5, "0::/a\n");
	assert_string_equal(services_place(world->services, later, 1, false, NS_PER_S)->path,
			    "");				 /* another one */
	assert_string_equal(path_of(world, 5, false, 1), "");	 /* asked a moment ago */
	assert_string_equal(path_of(world, 5, false, 40), "/a"); /* and now there is one */
}

/* Of thousands that ended and cannot be asked nothing is kept. */
static void test_ended_ones_take_no_room(void **state)
{
	const struct world *world = *state;
	size_t known;

	path_of(world, 5, false, 1);
	known = services_known(world->services);
	for (uint32_t pid = 100; pid < 200; pid++)
		assert_string_equal(path_of(world, pid, true, 1), "");
	assert_int_equal(services_known(world->services), known);
}

/* Cgroups nest, and their names are of up to 255 characters. */
static void test_deep(void **state)
{
	const struct world *world = *state;
	char text[3000] = "0::";

	while (strlen(text) < 2900)
		strcat(text, "/a-part-of-a-path");
	process_in(world, 5, text);
	assert_string_equal(path_of(world, 5, false, 1), text + 3);
}

static void test_whose(void **state)
{
	const struct world *world = *state;
	struct process_id id = {.tgid = 5, .start_time_ns = 700 * PROC_TICK_NS};
	struct whose whose = {.command = "as it was"};

	process_in(world, 5, "0::/system.slice/a.service\n");
	services_whose(world->services, id, (struct process_owner){.uid = 0}, false, 1, &whose);
	assert_string_equal(whose.user, "root");
	assert_string_equal(service_unit(&whose.service), "a.service");
	assert_string_equal(whose.command, "as it was");
	services_whose(world->services, id, (struct process_owner){.uid = UID_UNKNOWN}, false, 1, &whose);
	assert_string_equal(whose.user, "4123456789"); /* effective */
	id.tgid = 6;
	services_whose(world->services, id, (struct process_owner){.uid = UID_UNKNOWN}, false, 1, &whose);
	assert_string_equal(whose.user, "");
	assert_string_equal(whose.service.name, "");
}

/* Of ten thousand that came and went nothing is kept, but what is asked for is. */
static void test_forgets(void **state)
{
	const struct world *world = *state;

	process_in(world, 5, "0::/a\n");
	for (int i = 0; i < 10000; i++) {
		path_of(world, 5, false, i * 0.1);
		path_of(world, 6 + (uint32_t)i, true, i * 0.1);
	}
	assert_string_equal(path_of(world, 5, false, 1000), "/a");
	assert_true(services_known(world->services) < 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_is_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_to_ask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended_ones_take_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_whose, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forgets, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
