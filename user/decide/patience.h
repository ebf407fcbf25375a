/* SPDX-License-Identifier: GPL-2.0 */
/* How long `top` goes on when it fails: memory may be there again for the next window. */
#ifndef HOTDAMON_DECIDE_PATIENCE_H
#define HOTDAMON_DECIDE_PATIENCE_H

#include <stdbool.h>

/* In a row; ten seconds by default. What lasts longer is no shortage of a moment, and a script waits for an end. */
#define PATIENCE_WINDOWS 5U

struct patience {
	unsigned int failed; /* windows in a row, the last ones */
};

/* Takes the outcome of a window. Whether it is time to end. */
bool patience_is_over(struct patience *patience, bool failed);

#endif
