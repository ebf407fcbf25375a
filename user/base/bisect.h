/* SPDX-License-Identifier: GPL-2.0 */
/* Places in arrays that ascend. Where an element is sure to be found, or not needed, bsearch() does. */
#ifndef HOTDAMON_BASE_BISECT_H
#define HOTDAMON_BASE_BISECT_H

#include <stddef.h>

/* As for bsearch(): below 0 if @key is before @element, 0 if it is there, above 0 if it is behind. */
typedef int (*bisect_cmp)(const void *key, const void *element);

/*
 * The place of the first of @n elements of @size bytes at @array that is not before @key: where it is, or belongs. @n: all
 * are before it.
 */
static inline size_t bisect(const void *key, const void *array, size_t n, size_t size, bisect_cmp cmp)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cmp(key, (const char *)array + middle * size) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#endif
