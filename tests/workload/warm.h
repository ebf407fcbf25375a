/* SPDX-License-Identifier: GPL-2.0 */
/* The warm part of the heap: as hot as the hot memory, but in a share of the time only. */
#ifndef WORKLOAD_WARM_H
#define WORKLOAD_WARM_H

#include "layout.h"

/* Dies with 2 when --warm does not go with the rest. */
void warm_check(const struct layout *layout);

/* Whether it is accessed at @t, in seconds. */
bool warm_is_due(double t);

/* @n accesses, from page *@page of it on, which is updated. */
void warm_access(uint64_t heap, uint64_t *page, int n);

/* Bytes of @range that are in it. */
uint64_t warm_part(struct range range);

#endif
