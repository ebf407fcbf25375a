// SPDX-License-Identifier: GPL-2.0
/* status.json of a daemon, of another version perhaps, as `status`, `explain` and `check` read it back. */
#include <json-c/json.h>
#include <math.h>

#include "fuzz.h"
#include "report/status.h"
#include "report/told.h"

#define UNIT_NS 10000000 /* of /proc's start times */
#define NOW_NS	100000000000ULL

static const struct process_id asked = {107, 7 * UNIT_NS};

/* A terminal shows what others wrote, and obeys none of it. */
static void check_print(const char *text, const struct status_age *age)
{
	char *table = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&table, &size);
	int err;

	fuzz_check(file);
	fuzz_speak_utf8();
	err = status_print(text, age, file);
	fclose(file);
	fuzz_check(err ? !size : size);
	fuzz_check(strlen(table) == size && fuzz_is_shown(table));
	free(table);
}

static void check_age(const char *text, const struct status_age *age)
{
	char *aged = status_add_age(text, age);
	struct status_age again;

	if (age->known)
		fuzz_check(age->s >= 0 && age->s <= 100 && aged);
	if (!aged)
		return;
	again = status_age(aged, NOW_NS);
	fuzz_check(again.known == age->known && again.late == age->late);
	free(aged);
}

static void check_told(const char *text)
{
	struct told told;

	if (told_of(text, asked, UNIT_NS, &told)) {
		fuzz_check(!told.json && !told.process);
		return;
	}
	fuzz_check((told.place == TOLD_NOTHING) == !told.process);
	fuzz_check(told.executor && told.reason && told.rules.n <= RULES_MAX);
	for (unsigned int i = 0; i < told.rules.n; i++)
		fuzz_check(told.rules.rules[i].text && *told.rules.rules[i].glob);
	if (told.place == TOLD_WATCHED)
		status_print_way(told.process, stderr);
	told_free(&told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct status_age age = status_age(text, NOW_NS);

	check_print(text, &age);
	check_age(text, &age);
	check_told(text);
	status_barred_s(text, asked, UNIT_NS);
	free(text);
	return 0;
}
