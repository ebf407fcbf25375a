/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers that people wrote: all of the text is the number, or it is none. */
#ifndef HOTDAMON_BASE_NUMBER_H
#define HOTDAMON_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* A whole number from @min to @max, in decimal. False: it is not; then *@value is untouched. */
bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* The same for a decimal fraction, e.g. 0.5. No sign, no exponent, no inf, no nan. */
bool number_parse_fraction(const char *text, double min, double max, double *value);

#endif
