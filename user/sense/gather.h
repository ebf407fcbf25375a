/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a kdamond says of one aggregation, gathered until it is complete. The ring that it comes by drops records
 * when it is full, any of them: regions, and the end of an aggregation too. So each record tells which one it is
 * of, and the end how many there were.
 */
#ifndef HOTDAMON_SENSE_GATHER_H
#define HOTDAMON_SENSE_GATHER_H

#include <stddef.h>
#include <stdint.h>

#include "decide/heat.h"

struct regions_record;

/* Of one kdamond. Starts as {0}. */
struct gather {
	struct heat_region *regions; /* owned; of @aggregation, in the order in which they came */
	size_t n, room;
	uint32_t aggregation;
};

void gather_free(struct gather *gather); /* leaves {0} */

#define GATHER_COMPLETE 1

/*
 * Takes the next record. GATHER_COMPLETE: it was the end of an aggregation, all of whose regions are in @gather until the
 * next call. 0: there is more to come. -ENODATA: it was an end, but not all came. -ENOMEM: this region is lost, and
 * so its aggregation will be.
 */
int gather_record(struct gather *gather, const struct regions_record *record);

#endif
