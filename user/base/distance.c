// SPDX-License-Identifier: GPL-2.0
#include "base/distance.h"

#include <stddef.h>
#include <string.h>

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* A row for each beginning of @a: its distance to each beginning of @b. Three rows are kept. */
unsigned int distance_of(const char *a, const char *b)
{
	unsigned int rows[3][DISTANCE_LONGEST + 1];
	size_t len_a = strlen(a), len_b = strlen(b);

	if (len_a > DISTANCE_LONGEST || len_b > DISTANCE_LONGEST)
		return DISTANCE_LONGEST;
	for (unsigned int j = 0; j <= len_b; j++)
		rows[0][j] = j;
	for (unsigned int i = 1; i <= len_a; i++) {
		unsigned int *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			row[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[len_a % 3][len_b];
}

/* A third of it may be wrong: beyond that anything is like anything. */
const char *distance_nearer(const char *name, const char *nearest, const char *known)
{
	unsigned int distance = distance_of(name, known);

	if (distance > strlen(name) / 3 + 1 || (nearest && distance >= distance_of(name, nearest)))
		return nearest;
	return known;
}
