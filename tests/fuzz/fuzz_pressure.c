// SPDX-License-Identifier: GPL-2.0
/* PSI, meminfo and buddyinfo; a container may have them from a server of files. What is taken is what the budget is shrunk by. */
#include "decide/pace.h"
#include "fuzz.h"
#include "sense/pressure.h"

static bool is_pct(double pct)
{
	return pct >= 0 && pct <= 100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_pressure pressure = {0};
	const struct memory_pressure none = {0};
	char *text = fuzz_text(data, size);
	bool any = pressure_parse_psi(text, &pressure);

	if (any)
		fuzz_check(pressure.psi_known && is_pct(pressure.some_avg10_pct) &&
			   is_pct(pressure.full_avg10_pct));
	any |= pressure_parse_meminfo(text, &pressure);
	if (pressure_parse_buddyinfo(text, &pressure))
		fuzz_check(pressure.nodes);
	else
		fuzz_check(!pressure.nodes);
	if (!any && !pressure.nodes)
		fuzz_check(!memcmp(&pressure, &none, sizeof(none)));
	free(text);
	return 0;
}
