/* SPDX-License-Identifier: GPL-2.0 */
/* Text for a terminal: what others chose (a process its name) is cleaned, cut and padded; numbers made short. */
#ifndef HOTDAMON_REPORT_TEXT_H
#define HOTDAMON_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum text_align {
	TEXT_LEFT,
	TEXT_RIGHT,
};

/*
 * @in, UTF-8, as exactly @columns columns of a terminal, in the encoding of the locale (LC_CTYPE). What is not
 * printable (base/printable.h), or not there, becomes '?'; what is too long ends in '+'. Fewer columns only
 * when @size does not hold them.
 */
void text_fit(const char *in, unsigned int columns, enum text_align align, char *out, size_t size);

/* How many columns @text takes, once cleaned. */
unsigned int text_columns(const char *text);

/* @in cleaned in the same way, as many columns as it has. */
void text_clean(const char *in, char *out, size_t size);

/* At most 5 characters, in powers of 1024: "0", "812K", "1.2G", "16G". */
#define TEXT_BYTES_LEN 8
void text_bytes(uint64_t bytes, char out[TEXT_BYTES_LEN]);

/* As uptime has it: "0:07", "13:02", "3 days, 1:19". */
#define TEXT_UPTIME_LEN 40
void text_uptime(uint64_t seconds, char out[TEXT_UPTIME_LEN]);

#endif
