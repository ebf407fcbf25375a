/* SPDX-License-Identifier: GPL-2.0 */
/* How short the host is of memory and of free huge pages, as the kernel tells it in /proc. */
#ifndef HOTDAMON_SENSE_PRESSURE_H
#define HOTDAMON_SENSE_PRESSURE_H

#include "decide/pace.h"

/*
 * Fills @pressure from pressure/memory, meminfo and buddyinfo below @proc_root (/proc). What is missing (PSI
 * may be off) or unreadable is unknown, never an error.
 */
void pressure_read(const char *proc_root, struct memory_pressure *pressure);

/* Parsers, apart from reading. False if the text is not of its kind; *@pressure untouched then. */
bool pressure_parse_psi(const char *text, struct memory_pressure *pressure);
bool pressure_parse_meminfo(const char *text, struct memory_pressure *pressure);
bool pressure_parse_buddyinfo(const char *text, struct memory_pressure *pressure);

#endif
