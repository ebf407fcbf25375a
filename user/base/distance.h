/* SPDX-License-Identifier: GPL-2.0 */
/* Which known name was meant by one that is unknown. */
#ifndef HOTDAMON_BASE_DISTANCE_H
#define HOTDAMON_BASE_DISTANCE_H

#define DISTANCE_LONGEST 32 /* names; longer ones are like nothing */

/* How many characters must be put in, taken out or replaced, or of two neighbours swapped, to make one of the other. */
unsigned int distance_of(const char *a, const char *b);

/* @known if it is like @name, and more so than @nearest (NULL: none yet is); else @nearest. */
const char *distance_nearer(const char *name, const char *nearest, const char *known);

#endif
