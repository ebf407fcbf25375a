// SPDX-License-Identifier: GPL-2.0
#include "base/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 8

int array_reserve(void *array, size_t *room, size_t n, size_t size)
{
	size_t wanted = n < LEAST_ROOM ? LEAST_ROOM : n + n / 2;
	void *at;

	if (n <= *room)
		return 0;
	if (wanted < n || wanted > PTRDIFF_MAX / size) /* more than an object can have */
		return -ENOMEM;
	memcpy(&at, array, sizeof(at)); /* a pointer of whatever type */
	at = realloc(at, wanted * size);
	if (!at)
		return -ENOMEM;
	memcpy(array, &at, sizeof(at));
	*room = wanted;
	return 0;
}
