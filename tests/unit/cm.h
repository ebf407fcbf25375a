/* SPDX-License-Identifier: GPL-2.0 */
/* cmocka, and the headers that it wants before itself. */
#ifndef HOTDAMON_TESTS_CM_H
#define HOTDAMON_TESTS_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Whether @text contains @part; says both when not. */
static inline void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static inline void assert_near(double have, double want)
{
	double off = have > want ? have - want : want - have;

	if (!(off < 1e-9))
		fail_msg("%.12f is not %.12f", have, want);
}

#endif
