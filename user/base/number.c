// SPDX-License-Identifier: GPL-2.0
#include "base/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What strtoull() and strtod() would take besides: signs, white space, other bases, exponents. */
static bool is_made_of(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (!is_made_of(text, "0123456789") || errno || *end || number < min || number > max)
		return false;
	*value = number;
	return true;
}

bool number_parse_fraction(const char *text, double min, double max, double *value)
{
	double number;
	char *end;

	errno = 0;
	number = strtod(text, &end);
	if (!is_made_of(text, "0123456789.") || errno || *end || number < min || number > max)
		return false;
	*value = number;
	return true;
}
