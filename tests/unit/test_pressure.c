// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sense/pressure.h"

#define PSI                                                                                                  \
	"some avg10=1.25 avg60=0.50 avg300=0.10 total=123456\n"                                              \
	"full avg10=0.75 avg60=0.20 avg300=0.05 total=23456\n"
#define MEMINFO                                                                                              \
	"MemTotal:       24684176 kB\nMemFree:        20000000 kB\nMemAvailable:   22954000 kB\n"            \
	"HugePages_Free:        0\n"
#define BUDDYINFO                                                                                            \
	"Node 0, zone      DMA      0      0      0      0      0      0      0      0      1      1      "  \
	"3 \n"                                                                                               \
	"Node 0, zone    DMA32      2      2      4      2      5      4      3      3      4      2    "    \
	"752 \n"                                                                                             \
	"Node 1, zone   Normal    683    419    562    604    502    393    227     89     93      2    "    \
	"438 \n"

static void test_psi(void **state)
{
	static const char *const bad[] = {"",
					  "some avg10=x\nfull avg10=0.1\n",
					  "some avg10=1.0\n",
					  "full avg10=1\n",
					  "some avg10=nan\nfull avg10=0\n",
					  "some avg10=0\nfull avg10=inf\n",
					  "some avg10=-1\nfull avg10=0\n",
					  "some avg10=0\nfull avg10=100.5\n"};
	struct memory_pressure pressure = {0};

	(void)state;
	assert_true(pressure_parse_psi(PSI, &pressure));
	assert_true(pressure.psi_known);
	assert_near(pressure.some_avg10_pct, 1.25);
	assert_near(pressure.full_avg10_pct, 0.75);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct memory_pressure none = {0};

		assert_false(pressure_parse_psi(bad[i], &none));
		assert_false(none.psi_known);
	}
}

static void test_meminfo(void **state)
{
	struct memory_pressure pressure = {0};

	(void)state;
	assert_false(pressure_parse_meminfo("MemTotal: 5 kB\nMemFree: 4 kB\n", &pressure));
	assert_false(pressure.memory_known);
	assert_true(pressure_parse_meminfo(MEMINFO, &pressure));
	assert_true(pressure.total_bytes == 24684176ULL * 1024);
	assert_true(pressure.available_bytes == 22954000ULL * 1024);
	assert_true(pressure.free_bytes == 20000000ULL * 1024);
}

/* Order 9 is one block of 2 MiB, order 10 two, order 11 four. */
static void test_buddyinfo(void **state)
{
	struct memory_pressure pressure = {0};

	(void)state;
	assert_false(pressure_parse_buddyinfo("", &pressure));
	assert_false(pressure_parse_buddyinfo("nonsense\n", &pressure));
	assert_false(pressure.nodes);
	assert_true(pressure_parse_buddyinfo(BUDDYINFO, &pressure));
	assert_int_equal(pressure.nodes, 3);
	assert_int_equal(pressure.huge_blocks[0], 1 + 3 * 2 + 2 + 752 * 2);
	assert_int_equal(pressure.huge_blocks[1], 2 + 438 * 2);
	assert_true(pressure_parse_buddyinfo("Node 0, zone Normal 1 1 1 1 1 1 1 1 1\n", &pressure));
	assert_int_equal(pressure.nodes, 1);
	assert_int_equal(pressure.huge_blocks[0], 0);
	assert_int_equal(pressure.huge_blocks[1], 0);
	assert_true(pressure_parse_buddyinfo("Node 0, zone Movable 0 0 0 0 0 0 0 0 0 7 5 3\n", &pressure));
	assert_int_equal(pressure.huge_blocks[0], 7 + 10 + 12);
	assert_false(pressure_parse_buddyinfo("Node 64, zone Normal 0 0 0 0 0 0 0 0 0 7\n", &pressure));
}

static void put(const char *root, const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void test_read(void **state)
{
	char root[] = "/tmp/hotdamon-pressure-XXXXXX", path[64];
	struct memory_pressure pressure;

	(void)state;
	assert_non_null(mkdtemp(root));
	memset(&pressure, 0xa5, sizeof(pressure));
	pressure_read(root, &pressure);
	assert_false(pressure.psi_known || pressure.memory_known || pressure.nodes);
	put(root, "meminfo", MEMINFO);
	put(root, "buddyinfo", "");
	pressure_read(root, &pressure); /* PSI is off */
	assert_true(pressure.memory_known);
	assert_false(pressure.psi_known || pressure.nodes);
	snprintf(path, sizeof(path), "%s/pressure", root);
	assert_int_equal(mkdir(path, 0700), 0);
	put(root, "pressure/memory", PSI);
	put(root, "buddyinfo", BUDDYINFO);
	pressure_read(root, &pressure);
	assert_true(pressure.psi_known && pressure.memory_known && pressure.nodes);
	assert_near(pressure.full_avg10_pct, 0.75);
	unlink(strcat(path, "/memory"));
	snprintf(path, sizeof(path), "%s/pressure", root);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/meminfo", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/buddyinfo", root);
	unlink(path);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_psi),
		cmocka_unit_test(test_meminfo),
		cmocka_unit_test(test_buddyinfo),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
