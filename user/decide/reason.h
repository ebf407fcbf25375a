/* SPDX-License-Identifier: GPL-2.0 */
/* Writes a reason: printf() into a REASON_LEN buffer, cut where it is too long. */
#ifndef HOTDAMON_DECIDE_REASON_H
#define HOTDAMON_DECIDE_REASON_H

#include <stdarg.h>
#include <stdio.h>

#include "decide/process.h"

__attribute__((format(printf, 2, 3))) static inline void reason_write(char *reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, REASON_LEN, format, args);
	va_end(args);
}

#endif
