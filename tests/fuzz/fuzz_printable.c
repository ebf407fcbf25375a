// SPDX-License-Identifier: GPL-2.0
/* What others chose, as it is shown: in the log, in a column of a table, in JSON. */
#include <json-c/json.h>

#include "base/json.h"
#include "base/printable.h"
#include "fuzz.h"
#include "report/text.h"

#define COLUMNS 15

static void check_cut(const char *text, const char *clean)
{
	char cut[8];

	printable_text(text, cut, sizeof(cut));
	fuzz_check(fuzz_is_shown(cut) && !strncmp(cut, clean, strlen(cut)));
	fuzz_check(strlen(cut) + 4 >= sizeof(cut) || !strcmp(cut, clean));
}

static void check_column(const char *text)
{
	char column[4 * COLUMNS + 1], again[sizeof(column)];

	for (int align = TEXT_LEFT; align <= TEXT_RIGHT; align++) {
		text_fit(text, COLUMNS, (enum text_align)align, column, sizeof(column));
		fuzz_check(fuzz_is_shown(column) && !strchr(column, '\n'));
		fuzz_check(text_columns(column) == COLUMNS);
		text_fit(column, COLUMNS, (enum text_align)align, again, sizeof(again));
		fuzz_check(!strcmp(again, column));
	}
}

static void check_json(const char *text, const char *clean)
{
	struct json_object *root, *value;
	struct json json;
	char *line;

	json_start(&json);
	json_add_text(&json, "text", text);
	line = json_finish(&json, JSON_LINE);
	fuzz_check(line && fuzz_is_shown(line) && !strchr(line, '\n'));
	fuzz_check(!json_parse(line, &root) && json_object_object_get_ex(root, "text", &value));
	fuzz_check(!strcmp(json_object_get_string(value), clean));
	json_object_put(root);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	size_t room = strlen(text) + 1;
	char *clean = malloc(room), *again = malloc(room);

	fuzz_check(clean && again);
	printable_text(text, clean, room);
	fuzz_check(fuzz_is_shown(clean) && !strchr(clean, '\n'));
	printable_text(clean, again, room);
	fuzz_check(!strcmp(again, clean));
	check_cut(text, clean);
	check_column(text);
	check_json(text, clean);
	free(clean);
	free(again);
	free(text);
	return 0;
}
