// SPDX-License-Identifier: GPL-2.0
#include "base/json.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>
#include <json-c/printbuf.h>

#include "base/printable.h"

#define FIRST_ROOM 4096

/* Takes over @value, which may be the JSON null. */
static void put(struct json *json, const char *key, struct json_object *value)
{
	struct json_object *in = json->failed ? NULL : json->open[json->depth - 1];
	int err = -1;

	if (in)
		err = key ? json_object_object_add(in, key, value) : json_object_array_add(in, value);
	if (err) {
		json_object_put(value);
		json->failed = true;
	}
}

/* The same; NULL: there was no memory for it. */
static void put_new(struct json *json, const char *key, struct json_object *value)
{
	json->failed |= !value;
	put(json, key, value);
}

static void open_new(struct json *json, const char *key, struct json_object *value)
{
	put_new(json, key, value);
	json->failed |= json->depth == JSON_MAX_DEPTH;
	if (!json->failed)
		json->open[json->depth++] = value;
}

void json_start(struct json *json)
{
	*json = (struct json){.open = {json_object_new_object()}, .depth = 1};
	json->failed = !json->open[0];
}

void json_open_object(struct json *json, const char *key)
{
	open_new(json, key, json_object_new_object());
}

void json_open_array(struct json *json, const char *key)
{
	open_new(json, key, json_object_new_array());
}

void json_close(struct json *json)
{
	if (!json->failed)
		json->depth--;
}

void json_add_copy(struct json *json, const char *key, struct json_object *value)
{
	put(json, key, json_object_get(value));
}

void json_add_null(struct json *json, const char *key)
{
	put(json, key, NULL);
}

void json_add_bool(struct json *json, const char *key, bool value)
{
	put_new(json, key, json_object_new_boolean(value));
}

void json_add_i64(struct json *json, const char *key, int64_t value)
{
	put_new(json, key, json_object_new_int64(value));
}

void json_add_u64(struct json *json, const char *key, uint64_t value)
{
	put_new(json, key, json_object_new_uint64(value));
}

void json_add_decimal(struct json *json, const char *key, double value, int digits)
{
	char text[400]; /* DBL_MAX has 309 digits */

	snprintf(text, sizeof(text), "%.*f", digits, value);
	if (isfinite(value))
		put_new(json, key, json_object_new_double_s(value, text));
	else
		json_add_null(json, key);
}

void json_add_text(struct json *json, const char *key, const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;
	char *clean = size ? malloc(size) : NULL;

	if (!text) {
		json_add_null(json, key);
		return;
	}
	if (clean)
		printable_text(text, clean, size);
	put_new(json, key, clean ? json_object_new_string(clean) : NULL);
	free(clean);
}

/* In place of an object's own text: makes its buffer hold *@room bytes without growing. */
static int make_room(struct json_object *object, struct printbuf *buffer, int level, int flags)
{
	const int *room = json_object_get_userdata(object);

	(void)level;
	(void)flags;
	return printbuf_memset(buffer, 0, ' ', *room);
}

/*
 * json-c drops a piece of the text, and says nothing, when the buffer cannot grow. So it must not have to: what is
 * shorter than the room that was made for it is whole. Belongs to @root.
 */
static const char *whole_text(struct json_object *root, int flags)
{
	for (int room = FIRST_ROOM; room <= INT_MAX / 2; room *= 2) {
		const char *text;
		size_t len = 0;

		json_object_set_serializer(root, make_room, &room, NULL);
		text = json_object_to_json_string_ext(root, flags);
		json_object_set_serializer(root, NULL, NULL, NULL);
		if (!text)
			return NULL;
		text = json_object_to_json_string_length(root, flags, &len);
		if (!text || len < (size_t)room)
			return text;
	}
	return NULL;
}

char *json_finish(struct json *json, enum json_style style)
{
	const int flags = style == JSON_PRETTY ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
					       : JSON_C_TO_STRING_PLAIN;
	const char *text =
		json->failed ? NULL : whole_text(json->open[0], flags | JSON_C_TO_STRING_NOSLASHESCAPE);
	char *copy = NULL;

	if (text && asprintf(&copy, style == JSON_PRETTY ? "%s\n" : "%s", text) < 0)
		copy = NULL;
	json_object_put(json->open[0]);
	*json = (struct json){.failed = true};
	return copy;
}

int json_parse(const char *text, struct json_object **root)
{
	/* Short of memory, json-c may as well leave out what it read: malloc()'s own word is surer than its answer. */
	errno = 0;
	*root = json_tokener_parse(text);
	if (*root && errno != ENOMEM)
		return 0;
	json_object_put(*root);
	*root = NULL;
	return errno == ENOMEM ? -ENOMEM : -EINVAL;
}

int json_go_on(struct json *json, const char *text)
{
	struct json_object *root;
	int err = json_parse(text, &root);

	if (err)
		return err;
	if (!json_object_is_type(root, json_type_object)) {
		json_object_put(root);
		return -EINVAL;
	}
	*json = (struct json){.open = {root}, .depth = 1};
	return 0;
}
