// SPDX-License-Identifier: GPL-2.0
#include "decide/share.h"

#include "decide/room.h"

#define LEAST_PAGES	1024 /* 4 MiB; less is chance */
#define SEAT_PCT	50
#define SEAT_PCT_BARRED 25
#define HOLD_PCT	ROOM_MAX_GROWTH_PCT

int share_pct(const struct share *share)
{
	return share->present < LEAST_PAGES ? -1 : (int)(100ULL * share->shared / share->present);
}

bool share_bars_seat(int pct, bool was_barred)
{
	return pct >= (was_barred ? SEAT_PCT_BARRED : SEAT_PCT);
}

bool share_holds_up(int pct)
{
	return pct > HOLD_PCT;
}
