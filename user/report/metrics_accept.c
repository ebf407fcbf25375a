// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/metrics.h"

/* A part of a header, without the blanks around it. */
struct part {
	const char *text;
	size_t len;
};

/* Cuts the part up to @end, or the end, off *@text. False: nothing is left. */
static bool next_part(struct part *rest, char end, struct part *part)
{
	const char *found;

	if (!rest->text)
		return false;
	*part = *rest;
	found = memchr(rest->text, end, rest->len);
	if (found) {
		part->len = (size_t)(found - rest->text);
		*rest = (struct part){found + 1, rest->len - part->len - 1};
	} else {
		rest->text = NULL;
	}
	for (; part->len && strchr(" \t", *part->text); part->text++)
		part->len--;
	while (part->len && strchr(" \t", part->text[part->len - 1]))
		part->len--;
	return true;
}

static bool is(struct part part, const char *word)
{
	return part.len == strlen(word) && !strncasecmp(part.text, word, part.len);
}

/* How much the media type is liked, of which @rest are the parameters: 0 to 1. */
static double quality_of(struct part rest)
{
	struct part part;

	while (next_part(&rest, ';', &part)) {
		double quality;

		if (part.len < 2 || strncasecmp(part.text, "q=", 2))
			continue;
		quality = strtod(part.text + 2, NULL);
		return quality >= 0 && quality <= 1 ? quality : 0;
	}
	return 1;
}

/* The more exact a name, the more it says: of those that are there the first of @names counts. */
static double liked(const char *accept, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct part rest = {accept, strlen(accept)}, item, name;

		while (next_part(&rest, ',', &item))
			if (next_part(&item, ';', &name) && is(name, names[i]))
				return quality_of(item);
	}
	return 0;
}

enum metrics_format metrics_accepted(const char *accept)
{
	static const char *const open[] = {"application/openmetrics-text", "application/*", "*/*"},
				 *const text[] = {"text/plain"};

	if (!accept || liked(accept, text, 1) <= liked(accept, open, 3))
		return METRICS_OPEN;
	return METRICS_TEXT;
}
