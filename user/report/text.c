// SPDX-License-Identifier: GPL-2.0
#include "report/text.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/printable.h"

struct glyph {
	char bytes[MB_LEN_MAX + 1];
	unsigned int columns;
};

/*
 * The first character of @in, not at its end, in the locale's encoding. Returns how many bytes of @in it took. A
 * character without a width of its own would join its neighbours: it is not for a table.
 */
static size_t first_glyph(const char *in, struct glyph *glyph)
{
	mbstate_t state = {0};
	uint32_t code;
	size_t taken = printable_first(in, &code);
	int columns = wcwidth((wchar_t)code);
	size_t len = columns > 0 ? wcrtomb(glyph->bytes, (wchar_t)code, &state) : 0;

	if (!len || len > MB_LEN_MAX) {
		strcpy(glyph->bytes, "?");
		glyph->columns = 1;
		return taken;
	}
	glyph->bytes[len] = '\0';
	glyph->columns = (unsigned int)columns;
	return taken;
}

unsigned int text_columns(const char *text)
{
	unsigned int columns = 0;
	struct glyph glyph;

	while (*text) {
		text += first_glyph(text, &glyph);
		columns += glyph.columns;
	}
	return columns;
}

static bool append(char *out, size_t size, size_t *used, const char *bytes)
{
	size_t len = strlen(bytes);

	if (*used + len >= size)
		return false;
	memcpy(out + *used, bytes, len + 1);
	*used += len;
	return true;
}

/* Copies what fits into @columns; returns the columns taken. */
static unsigned int copy_glyphs(const char *in, unsigned int columns, char *out, size_t size, size_t *used)
{
	unsigned int taken = 0;
	struct glyph glyph;

	while (*in) {
		in += first_glyph(in, &glyph);
		if (taken + glyph.columns > columns || !append(out, size, used, glyph.bytes))
			break;
		taken += glyph.columns;
	}
	return taken;
}

void text_fit(const char *in, unsigned int columns, enum text_align align, char *out, size_t size)
{
	unsigned int has = text_columns(in), taken = 0;
	size_t used = 0;

	if (!size)
		return;
	out[0] = '\0';
	for (; align == TEXT_RIGHT && has + taken < columns; taken++)
		append(out, size, &used, " ");
	if (has > columns && columns) {
		taken += copy_glyphs(in, columns - 1, out, size, &used);
		append(out, size, &used, "+");
		taken++;
	} else {
		taken += copy_glyphs(in, columns, out, size, &used);
	}
	for (; taken < columns; taken++)
		append(out, size, &used, " ");
}

void text_clean(const char *in, char *out, size_t size)
{
	text_fit(in, text_columns(in), TEXT_LEFT, out, size);
}

void text_bytes(uint64_t bytes, char out[TEXT_BYTES_LEN])
{
	static const char units[] = "BKMGTPE";
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 999.5 && unit < sizeof(units) - 2) {
		value /= 1024;
		unit++;
	}
	if (!bytes)
		strcpy(out, "0");
	else
		snprintf(out, TEXT_BYTES_LEN, value < 9.95 && unit ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

void text_uptime(uint64_t seconds, char out[TEXT_UPTIME_LEN])
{
	uint64_t days = seconds / 86400, hours = seconds / 3600 % 24, minutes = seconds / 60 % 60;
	char prefix[TEXT_UPTIME_LEN - 8] = "";

	if (days)
		snprintf(prefix, sizeof(prefix), "%" PRIu64 " day%s, ", days, days == 1 ? "" : "s");
	snprintf(out, TEXT_UPTIME_LEN, "%s%u:%02u", prefix, (unsigned int)hours, (unsigned int)minutes);
}
