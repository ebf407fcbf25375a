/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes one JSON object, from its first key to its last. What fails on the way, for want of memory, is remembered: all
 * that follows does nothing, and json_finish() tells. Nobody needs to look before that.
 */
#ifndef HOTDAMON_BASE_JSON_H
#define HOTDAMON_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 8

struct json_object;

struct json {
	struct json_object
		*open[JSON_MAX_DEPTH]; /* the outermost first; each but that one belongs to the one before */
	unsigned int depth;
	bool failed;
};

enum json_style {
	JSON_LINE,  /* one line, without its end */
	JSON_PRETTY /* many lines, each with its end */
};

/* Each json_start() needs its json_finish(). */
void json_start(struct json *json);

/* Instead of that: adds to what json_finish() made. 0; or as json_parse(), and -EINVAL if @text is no object: nothing began. */
int json_go_on(struct json *json, const char *text);

/*
 * A value of @key in the object that is open, or with @key NULL the next one of the array that is open. What is opened
 * takes all that follows, until it is closed.
 */
void json_open_object(struct json *json, const char *key);
void json_open_array(struct json *json, const char *key);
void json_close(struct json *json);
void json_add_null(struct json *json, const char *key);
void json_add_bool(struct json *json, const char *key, bool value);
void json_add_i64(struct json *json, const char *key, int64_t value);
void json_add_u64(struct json *json, const char *key, uint64_t value);
/* Numbers as people write them: 97.1, not 97.099999999999994. Infinite, or none: null. */
void json_add_decimal(struct json *json, const char *key, double value, int digits);
/* Whatever others chose: what is not to be shown becomes '?', see base/printable.h. NULL: null. */
void json_add_text(struct json *json, const char *key, const char *text);

/* What was read elsewhere, as it stands there; NULL: null. */
void json_add_copy(struct json *json, const char *key, struct json_object *value);

/* The text, malloced; NULL when memory was short at any time. Frees all else. */
char *json_finish(struct json *json, enum json_style style);

/*
 * Reads what is JSON, to @root: json-c's, for its json_object_put(). 0; -EINVAL: it is none; -ENOMEM. Then @root is NULL.
 */
int json_parse(const char *text, struct json_object **root);

#endif
