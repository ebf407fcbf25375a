// SPDX-License-Identifier: GPL-2.0
#include "decide/caps.h"

#include "decide/process.h"

static bool has_room(uint64_t cap_bytes, uint64_t added_bytes)
{
	return !cap_bytes || (added_bytes < cap_bytes && cap_bytes - added_bytes >= PMD_SIZE_BYTES);
}

bool caps_have_room(const struct caps *caps, uint64_t target_bytes, uint64_t all_bytes)
{
	return has_room(caps->target_bytes, target_bytes) && has_room(caps->all_bytes, all_bytes);
}
