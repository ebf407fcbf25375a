// SPDX-License-Identifier: GPL-2.0
#include "report/columns.h"

#include "report/trend.h"

#define COMMAND_LEAST 5U  /* beside the sorted column and the pid alone */
#define COMMAND_FULL  15U /* the kernel's names have no more */
#define COMMAND_MAX   24U /* with the mark of one that ended */
#define SERVICE_FULL  28U /* most units, with the mark before them */
#define UNIT_GOOD     20U
#define UNIT_MAX      32U

static const struct {
	const char *title;
	unsigned int width;
	enum text_align align;
} columns[N_COLUMNS] = {
	[COLUMN_RANK] = {"RANK", 4, TEXT_RIGHT},
	[COLUMN_SERVICE] = {"SERVICE", COMMAND_LEAST, TEXT_LEFT},
	[COLUMN_PID] = {"PID", 7, TEXT_RIGHT},
	[COLUMN_USER] = {"USER", 8, TEXT_LEFT},
	[COLUMN_UNIT] = {"UNIT", 12, TEXT_LEFT},
	[COLUMN_PROCESSES] = {"PROCS", 7, TEXT_RIGHT},
	[COLUMN_THREADS] = {"THR", 5, TEXT_RIGHT},
	[COLUMN_CPU] = {"CPU%", 6, TEXT_RIGHT},
	[COLUMN_USER_PCT] = {"USER%", 6, TEXT_RIGHT},
	[COLUMN_SYSTEM_PCT] = {"SYS%", 6, TEXT_RIGHT},
	[COLUMN_TREND] = {"TREND 60s", TREND_NARROW, TEXT_LEFT},
	[COLUMN_ANON] = {"ANON", 5, TEXT_RIGHT},
	[COLUMN_SHARED] = {"SHM", 5, TEXT_RIGHT},
	[COLUMN_HUGE] = {"HUGE", 4, TEXT_RIGHT},
	[COLUMN_COMMAND] = {"COMMAND", COMMAND_LEAST, TEXT_LEFT},
};

/* Ends a list of columns: the one that takes what is left is chosen before all others. */
#define END COLUMN_COMMAND

/* The huge share is what this program is about. */
static const struct set {
	enum column widest;		   /* what a line is told by */
	unsigned int good;		   /* of it: no other column takes more from that */
	enum column importance[N_COLUMNS]; /* after the widest and the sorted one */
} sets[] = {
	[TABLE_BY_SERVICE] = {COLUMN_SERVICE,
			      20,
			      {COLUMN_USER_PCT, COLUMN_PROCESSES, COLUMN_TREND, COLUMN_ANON, COLUMN_HUGE,
			       COLUMN_RANK, COLUMN_USER, COLUMN_CPU, COLUMN_SYSTEM_PCT, COLUMN_SHARED, END}},
	[TABLE_BY_PROCESS] = {COLUMN_COMMAND,
			      10,
			      {COLUMN_PID, COLUMN_USER_PCT, COLUMN_SYSTEM_PCT, COLUMN_TREND, COLUMN_ANON,
			       COLUMN_HUGE, COLUMN_RANK, COLUMN_USER, COLUMN_UNIT, COLUMN_CPU, COLUMN_THREADS,
			       END}},
};

bool columns_have(enum table_by by, enum column column)
{
	const enum column *has = sets[by].importance;

	while (*has != END && *has != column)
		has++;
	return *has != END || column == sets[by].widest;
}

const char *column_title(enum column column)
{
	return columns[column].title;
}

enum text_align column_align(enum column column)
{
	return columns[column].align;
}

struct choice {
	unsigned int widths[N_COLUMNS]; /* 0: not shown */
	unsigned int left;
};

/* Shows @column if that leaves the widest one @keep; false if not. */
static bool choose(struct choice *choice, const struct set *set, enum column column, unsigned int keep)
{
	unsigned int cost = columns[column].width + 1;

	if (choice->widths[column])
		return true;
	if (choice->widths[set->widest] + choice->left < cost + keep || choice->left < cost)
		return false;
	choice->widths[column] = columns[column].width;
	choice->left -= cost;
	return true;
}

/* Widens a shown @column up to @want, by what is left. */
static void widen(struct choice *choice, enum column column, unsigned int want)
{
	unsigned int *width = &choice->widths[column];
	unsigned int more = *width && want > *width ? want - *width : 0;

	if (more > choice->left)
		more = choice->left;
	*width += more;
	choice->left -= more;
}

/* The pid is as needed as the command. */
static void choose_all(struct choice *choice, const struct set *set, enum column sort)
{
	if (!choose(choice, set, sort, COMMAND_LEAST))
		return;
	for (const enum column *next = set->importance; *next != END; next++)
		if (!choose(choice, set, *next, *next == COLUMN_PID ? COMMAND_LEAST : set->good))
			return;
}

struct layout columns_fit(enum table_by by, unsigned int width, enum column sort)
{
	const struct set *set = &sets[by];
	struct choice choice = {.left = width};
	struct layout layout = {0};

	choice.widths[set->widest] = width < COMMAND_LEAST ? width : COMMAND_LEAST;
	choice.left -= choice.widths[set->widest];
	choose_all(&choice, set, sort);
	widen(&choice, COLUMN_COMMAND, COMMAND_FULL);
	widen(&choice, COLUMN_SERVICE, SERVICE_FULL);
	widen(&choice, COLUMN_UNIT, UNIT_GOOD);
	if (choice.left >= TREND_WIDE - TREND_NARROW)
		widen(&choice, COLUMN_TREND, TREND_WIDE);
	widen(&choice, COLUMN_COMMAND, COMMAND_MAX);
	widen(&choice, COLUMN_UNIT, UNIT_MAX);
	widen(&choice, set->widest, COLUMN_MAX_WIDTH); /* arguments */
	for (int column = 0; column < N_COLUMNS; column++)
		if (choice.widths[column])
			layout.at[layout.n++] = (struct placed){(enum column)column, choice.widths[column]};
	return layout;
}
