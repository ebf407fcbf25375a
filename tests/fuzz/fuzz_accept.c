// SPDX-License-Identifier: GPL-2.0
/* The header Accept of whoever asks for metrics. */
#include <ctype.h>

#include "fuzz.h"
#include "report/metrics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *accept = fuzz_text(data, size), *spaced;
	enum metrics_format format = metrics_accepted(accept);

	fuzz_check(format == METRICS_OPEN || format == METRICS_TEXT);
	if (format == METRICS_TEXT)
		fuzz_check(strcasestr(accept, "text/plain"));
	fuzz_check(asprintf(&spaced, " %s ,\timage/png;q=1", accept) > 0);
	fuzz_check(metrics_accepted(spaced) == format); /* what it likes besides changes nothing */
	free(spaced);
	free(accept);
	return 0;
}
