// SPDX-License-Identifier: GPL-2.0
#include "base/printable.h"

#include <stdbool.h>
#include <string.h>

/*
 * Controls; what ends a line or a paragraph; what Unicode lets nobody see (Default_Ignorable_Code_Point), with all that
 * turns the direction of the text behind it; and what is no character.
 */
static const struct {
	uint32_t first, last;
} unfit[] = {
	{0x0, 0x1F},	    {0x7F, 0x9F},	{0xAD, 0xAD},	  {0x34F, 0x34F},   {0x61C, 0x61C},
	{0x115F, 0x1160},   {0x17B4, 0x17B5},	{0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x202E},
	{0x2060, 0x206F},   {0x3164, 0x3164},	{0xD800, 0xDFFF}, {0xFDD0, 0xFDEF}, {0xFE00, 0xFE0F},
	{0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},	{0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3},
	{0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

static bool is_fit(uint32_t code)
{
	for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++)
		if (code >= unfit[i].first && code <= unfit[i].last)
			return false;
	return code <= 0x10FFFF;
}

/* The length of the UTF-8 character at @in, and its code; 0 if there is none. */
static size_t decode(const unsigned char *in, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = in[0] < 0x80 ? 1 : in[0] >> 5 == 6 ? 2 : in[0] >> 4 == 14 ? 3 : in[0] >> 3 == 30 ? 4 : 0;

	*code = len > 1 ? in[0] & (0x7FU >> len) : in[0];
	for (size_t i = 1; i < len; i++) {
		if (in[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (in[i] & 0x3FU);
	}
	if (len && (*code < least[len] || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)))
		return 0;
	return len;
}

size_t printable_first(const char *in, uint32_t *code)
{
	size_t len = decode((const unsigned char *)in, code);

	if (!len || !is_fit(*code))
		*code = '?';
	return len ? len : 1;
}

void printable_text(const char *in, char *out, size_t size)
{
	size_t used = 0;

	while (*in) {
		uint32_t code;
		size_t len = printable_first(in, &code), shown = code == '?' ? 1 : len;

		if (used + shown >= size)
			break;
		memcpy(out + used, code == '?' ? "?" : in, shown);
		used += shown;
		in += len;
	}
	if (size)
		out[used] = '\0';
}
