// SPDX-License-Identifier: GPL-2.0
#include "report/trend.h"

#include <math.h>
#include <string.h>

#define LEVELS	       8
#define VISIBLE_PCT    0.5
#define LEAST_FULL_PCT 25.0 /* or the noise of an idle process would look like work */

/* The cell in which a time up to @end_s ends: a border belongs to the cell before it. */
static long cell_ending(double end_s)
{
	long cell = (long)ceil(end_s / TREND_CELL_S) - 1;

	return cell > 0 ? cell : 0;
}

static double overlap_s(long cell, double from_s, double to_s)
{
	double begin_s = fmax(from_s, (double)cell * TREND_CELL_S);
	double end_s = fmin(to_s, (double)(cell + 1) * TREND_CELL_S);

	return end_s > begin_s ? end_s - begin_s : 0;
}

/* Empties the cells between the last window and @newest: what stands there is older than a minute. */
static void advance(struct trend *trend, long newest)
{
	long first = trend->newest + 1;

	if (newest - first >= TREND_CELLS)
		first = newest - TREND_CELLS + 1;
	for (long cell = first; cell <= newest; cell++)
		trend->busy_s[cell % TREND_CELLS] = 0;
	if (newest > trend->newest)
		trend->newest = newest;
}

void trend_add(struct trend *trend, double from_s, double to_s, double cpu_s)
{
	long newest = cell_ending(to_s), cell = (long)(from_s / TREND_CELL_S);

	if (!(to_s > from_s))
		return;
	advance(trend, newest);
	if (cell <= newest - TREND_CELLS)
		cell = newest - TREND_CELLS + 1;
	for (; cell <= newest; cell++)
		trend->busy_s[cell % TREND_CELLS] +=
			(float)(cpu_s * overlap_s(cell, from_s, to_s) / (to_s - from_s));
}

/* Of one cell; nothing if it is out of the minute. */
static double busy_s(const struct trend *trend, long cell, long now_cell)
{
	if (cell < 0 || cell <= now_cell - TREND_CELLS || cell > trend->newest ||
	    cell <= trend->newest - TREND_CELLS)
		return 0;
	return (double)trend->busy_s[cell % TREND_CELLS];
}

bool trend_ran(const struct trend *trend, double now_s)
{
	long now_cell = cell_ending(now_s);

	for (long cell = now_cell - TREND_CELLS + 1; cell <= now_cell; cell++)
		if (busy_s(trend, cell, now_cell) > 0)
			return true;
	return false;
}

void trend_pct(const struct trend *trend, double now_s, size_t bars, double pct[])
{
	long each = TREND_CELLS / (long)bars, now_cell = cell_ending(now_s);
	long first = (now_cell / each - (long)bars + 1) * each;

	for (size_t bar = 0; bar < bars; bar++, first += each) {
		double busy = 0, seen_s = 0;

		for (long cell = first; cell < first + each; cell++) {
			busy += busy_s(trend, cell, now_cell);
			seen_s += cell < 0 ? 0 : overlap_s(cell, 0, now_s);
		}
		pct[bar] = seen_s > 0 ? 100 * busy / seen_s : 0;
	}
}

void trend_text(const double pct[], size_t bars, bool utf8, char out[TREND_TEXT_LEN])
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {" ", ".", ",", ":", "-", "=", "+", "*", "#"};
	double full = LEAST_FULL_PCT;

	for (size_t bar = 0; bar < bars; bar++)
		full = fmax(full, pct[bar]);
	*out = '\0';
	for (size_t bar = 0; bar < bars; bar++) {
		int level = pct[bar] < VISIBLE_PCT ? 0 : (int)lround(LEVELS * pct[bar] / full);

		if (pct[bar] >= VISIBLE_PCT && level < 1)
			level = 1;
		out = stpcpy(out, utf8 ? blocks[level] : ascii[level]);
	}
}
