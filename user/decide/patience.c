// SPDX-License-Identifier: GPL-2.0
#include "decide/patience.h"

bool patience_is_over(struct patience *patience, bool failed)
{
	patience->failed = failed ? patience->failed + 1 : 0;
	return patience->failed >= PATIENCE_WINDOWS;
}
