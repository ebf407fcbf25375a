/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What others chose, a process its name above all, made fit to be shown: in the log, in JSON, on a terminal. A reader
 * must see what stands there, and a terminal must not obey it.
 */
#ifndef HOTDAMON_BASE_PRINTABLE_H
#define HOTDAMON_BASE_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The first character of @in, not at its end: its code in *@code, or '?' if it is not to be shown. That is no UTF-8 (then
 * it is one byte), a control, or a character that is seen by what it does to others alone. Returns its length in bytes.
 */
size_t printable_first(const char *in, uint32_t *code);

/* @in as UTF-8 with each such character a '?', cut between characters to what @size holds. Never longer than @in. */
void printable_text(const char *in, char *out, size_t size);

#endif
