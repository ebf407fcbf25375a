/* SPDX-License-Identifier: GPL-2.0 */
/* The columns of `hotdamon top`, and which of them a width holds. Pure. */
#ifndef HOTDAMON_REPORT_COLUMNS_H
#define HOTDAMON_REPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/text.h"

/* What a line of the table stands for. */
enum table_by {
	TABLE_BY_SERVICE, /* or for a process of it, below */
	TABLE_BY_PROCESS,
};

/* In the order of the screen. */
enum column {
	COLUMN_RANK,
	COLUMN_SERVICE,
	COLUMN_PID,
	COLUMN_USER,
	COLUMN_UNIT,
	COLUMN_PROCESSES,
	COLUMN_THREADS,
	COLUMN_CPU,
	COLUMN_USER_PCT,
	COLUMN_SYSTEM_PCT,
	COLUMN_TREND,
	COLUMN_ANON,
	COLUMN_SHARED,
	COLUMN_HUGE,
	COLUMN_COMMAND,
	N_COLUMNS,
};

#define COLUMN_MAX_WIDTH 40 /* no column is wider */

struct placed {
	enum column column;
	unsigned int width;
};

struct layout {
	struct placed at[N_COLUMNS];
	size_t n;
};

/*
 * What @width columns of a terminal hold, with a space between two. The command (@by process) or the service stays
 * longest, then the column that is sorted by (@sort, which is one that it has), then the others by importance; a wider
 * terminal never lacks what a narrower one shows. What is left over widens command, service, unit and trend.
 */
struct layout columns_fit(enum table_by by, unsigned int width, enum column sort);

/* Whether a table by that has @column. */
bool columns_have(enum table_by by, enum column column);

const char *column_title(enum column column);
enum text_align column_align(enum column column);

#endif
