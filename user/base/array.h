/* SPDX-License-Identifier: GPL-2.0 */
/* Arrays that grow: an owner keeps the pointer, how many elements there is room for, and how many are in use. */
#ifndef HOTDAMON_BASE_ARRAY_H
#define HOTDAMON_BASE_ARRAY_H

#include <stddef.h>

/*
 * Makes room for @n elements of @size bytes. @array: the address of the pointer to them, which is malloced, or NULL with
 * *@room 0; @room: how many fit. What is new is not zeroed. It grows by half more than what is asked for, so that one
 * element at a time is cheap; it never shrinks. -ENOMEM: both are as they were.
 */
int array_reserve(void *array, size_t *room, size_t n, size_t size);

#endif
