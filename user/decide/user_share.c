// SPDX-License-Identifier: GPL-2.0
#include "decide/user_share.h"

#define UID_ROOT 0

unsigned int user_share_most(unsigned int places, unsigned int pct)
{
	unsigned int most = (unsigned int)((uint64_t)places * pct / 100);

	if (!pct || pct >= 100)
		return 0;
	return most ? most : 1;
}

enum user_standing user_share_standing(unsigned int most, uint32_t uid, unsigned int services)
{
	if (!most || uid == UID_ROOT || uid == UID_UNKNOWN || services < most)
		return USER_BELOW;
	return services == most ? USER_AT : USER_ABOVE;
}
