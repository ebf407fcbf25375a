// SPDX-License-Identifier: GPL-2.0
/* What was measured of this host, as it was kept: only what can be is taken, and it is written as it was read. */
#include <math.h>

#include "act/cost_file.h"
#include "claim_tree.h"

static bool is_near(double a, double b, double most)
{
	return fabs(a - b) <= most;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct claim_paths paths = make_tree();
	struct cost_measure measure, again;
	struct act_error error = {""};
	struct host_cost cost;

	fuzz_put("state/" COST_FILE, data, size);
	if (cost_file_read(&paths, &measure, &error)) {
		fuzz_check(*error.text);
		return 0;
	}
	fuzz_check(cost_measure_is_sane(&measure));
	fuzz_check(!cost_file_write(&paths, &measure, &error));
	fuzz_check(!cost_file_read(&paths, &again, &error));
	fuzz_check(is_near(again.miss.low_ns, measure.miss.low_ns, 0.001));
	fuzz_check(is_near(again.miss.median_ns, measure.miss.median_ns, 0.001));
	fuzz_check(is_near(again.miss.high_ns, measure.miss.high_ns, 0.001));
	fuzz_check(is_near(again.collapse_ns, measure.collapse_ns, 1));
	cost_start(&cost, 0);
	return 0;
}
