// SPDX-License-Identifier: GPL-2.0
/* Numbers of people, and lists of CPUs of the kernel: what is taken is what stands there, and within what was asked for. */
#include <inttypes.h>
#include <math.h>

#include "base/cpus.h"
#include "base/number.h"
#include "fuzz.h"

#define LEAST 5
#define MOST  65536

static void check_whole(const char *text)
{
	uint64_t value, again = 7;
	char shown[32];

	if (!number_parse(text, 0, UINT64_MAX, &value)) {
		fuzz_check(!number_parse(text, LEAST, MOST, &again) && again == 7);
		return;
	}
	snprintf(shown, sizeof(shown), "%" PRIu64, value);
	fuzz_check(!strcmp(shown, text + strspn(text, "0")) || (!value && !text[strspn(text, "0")]));
	fuzz_check(number_parse(text, LEAST, MOST, &again) == (value >= LEAST && value <= MOST));
	fuzz_check(again == (value >= LEAST && value <= MOST ? value : 7));
}

static void check_fraction(const char *text)
{
	double value, narrow = 7;
	uint64_t whole;

	if (!number_parse_fraction(text, 0, 1e15, &value))
		return;
	fuzz_check(isfinite(value) && value >= 0 && value <= 1e15);
	fuzz_check(number_parse_fraction(text, 0.5, 2, &narrow) == (value >= 0.5 && value <= 2));
	if (number_parse(text, 0, 1000000, &whole))
		fuzz_check(value == (double)whole);
}

static void check_cpus(const char *text)
{
	struct cpus none = {0}, once = none, twice;

	if (cpus_add_list(text, &once)) {
		fuzz_check(!memcmp(&once, &none, sizeof(once)));
		return;
	}
	twice = once;
	fuzz_check(!cpus_add_list(text, &twice) && !memcmp(&once, &twice, sizeof(once)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_whole(text);
	check_fraction(text);
	check_cpus(text);
	free(text);
	return 0;
}
