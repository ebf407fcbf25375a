// SPDX-License-Identifier: GPL-2.0
#include "act/cost_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"

#define BOOT_ID_LEN 40

static bool get_ns(struct json_object *json, const char *key, double *ns)
{
	struct json_object *number;

	if (!json_object_object_get_ex(json, key, &number) ||
	    (!json_object_is_type(number, json_type_double) && !json_object_is_type(number, json_type_int)))
		return false;
	*ns = json_object_get_double(number);
	return true;
}

static int measure_from_json(struct json_object *json, const char *boot_id, struct cost_measure *measure)
{
	struct json_object *of;
	struct cost_measure got;

	if (!json_object_object_get_ex(json, "boot_id", &of) || !json_object_is_type(of, json_type_string))
		return -EINVAL;
	if (strcmp(json_object_get_string(of), boot_id) != 0)
		return -ESTALE;
	if (!get_ns(json, "miss_low_ns", &got.miss.low_ns) ||
	    !get_ns(json, "miss_median_ns", &got.miss.median_ns) ||
	    !get_ns(json, "miss_high_ns", &got.miss.high_ns) ||
	    !get_ns(json, "collapse_ns", &got.collapse_ns) || !cost_measure_is_sane(&got))
		return -EINVAL;
	*measure = got;
	return 0;
}

int cost_file_read(const struct claim_paths *paths, struct cost_measure *measure, struct act_error *error)
{
	struct json_object *json;
	char boot_id[BOOT_ID_LEN];
	char *text;
	int err = file_read(paths->state_dir, COST_FILE, &text, error);

	if (err)
		return err;
	err = knob_read(paths->boot_id, boot_id, sizeof(boot_id), error);
	if (err) {
		free(text);
		return err;
	}
	err = json_parse(text, &json);
	free(text);
	if (!err)
		err = measure_from_json(json, boot_id, measure);
	json_object_put(json);
	return err ? act_fail(error, -err, "read %s/" COST_FILE, paths->state_dir) : 0;
}

/* Malloced; NULL: no memory. */
static char *measure_to_json(const struct cost_measure *measure, const char *boot_id)
{
	struct json json;

	json_start(&json);
	json_add_text(&json, "boot_id", boot_id);
	json_add_decimal(&json, "miss_low_ns", measure->miss.low_ns, 3);
	json_add_decimal(&json, "miss_median_ns", measure->miss.median_ns, 3);
	json_add_decimal(&json, "miss_high_ns", measure->miss.high_ns, 3);
	json_add_decimal(&json, "collapse_ns", measure->collapse_ns, 0);
	return json_finish(&json, JSON_PRETTY);
}

int cost_file_write(const struct claim_paths *paths, const struct cost_measure *measure,
		    struct act_error *error)
{
	char boot_id[BOOT_ID_LEN];
	char *text;
	int err = knob_read(paths->boot_id, boot_id, sizeof(boot_id), error);

	if (err)
		return err;
	text = measure_to_json(measure, boot_id);
	if (!text)
		return act_fail(error, ENOMEM, "write %s/" COST_FILE, paths->state_dir);
	err = file_replace(paths->state_dir, COST_FILE, text, error);
	free(text);
	return err;
}
