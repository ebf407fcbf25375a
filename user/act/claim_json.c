// SPDX-License-Identifier: GPL-2.0
#include "act/claim_json.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define MAX_PID (1 << 22) /* PID_MAX_LIMIT of the kernel */

bool claim_in_range(const struct claim *claim)
{
	return claim->pid > 0 && claim->pid <= MAX_PID && claim->seats <= CLAIM_MAX_SEATS &&
	       claim->seats_before <= CLAIM_MAX_SEATS;
}

/* The words of the first version, which called seats slots: any other takes back what it left. */
char *claim_to_json(const struct claim *claim)
{
	struct json json;

	json_start(&json);
	json_add_text(&json, "boot_id", claim->boot_id);
	json_add_i64(&json, "pid", claim->pid);
	json_add_u64(&json, "slots", claim->seats);
	json_add_u64(&json, "slots_before", claim->seats_before);
	json_add_u64(&json, "slots_inode", claim->seats_inode);
	json_add_bool(&json, "stopped_damon_stat", claim->stopped_damon_stat);
	json_add_bool(&json, "aligned_shared", claim->aligned_shared);
	json_add_bool(&json, "made_state_dir", claim->made_state_dir);
	return json_finish(&json, JSON_PRETTY);
}

static bool get_number(struct json_object *json, const char *key, uint64_t max, uint64_t *value)
{
	struct json_object *number;

	if (!json_object_object_get_ex(json, key, &number) || !json_object_is_type(number, json_type_int) ||
	    json_object_get_int64(number) < 0)
		return false;
	*value = json_object_get_uint64(number);
	return *value <= max;
}

static bool get_bool(struct json_object *json, const char *key, bool *value)
{
	struct json_object *answer;

	if (!json_object_object_get_ex(json, key, &answer) || !json_object_is_type(answer, json_type_boolean))
		return false;
	*value = json_object_get_boolean(answer);
	return true;
}

/* One that older versions did not write: it is false then. */
static bool get_newer_bool(struct json_object *json, const char *key, bool *value)
{
	*value = false;
	return !json_object_object_get_ex(json, key, NULL) || get_bool(json, key, value);
}

bool claim_from_json(struct json_object *json, struct claim *claim)
{
	struct json_object *boot_id;
	uint64_t pid, seats, before, inode;
	bool damon_stat, aligned, made_dir;

	if (!json_object_object_get_ex(json, "boot_id", &boot_id) ||
	    !json_object_is_type(boot_id, json_type_string) ||
	    (size_t)json_object_get_string_len(boot_id) >= sizeof(claim->boot_id) ||
	    !get_number(json, "pid", MAX_PID, &pid) || !get_number(json, "slots", CLAIM_MAX_SEATS, &seats) ||
	    !get_number(json, "slots_before", CLAIM_MAX_SEATS, &before) ||
	    !get_number(json, "slots_inode", UINT64_MAX, &inode) ||
	    !get_bool(json, "stopped_damon_stat", &damon_stat) ||
	    !get_newer_bool(json, "aligned_shared", &aligned) || !get_bool(json, "made_state_dir", &made_dir))
		return false;
	*claim = (struct claim){
		.pid = (pid_t)pid,
		.seats = (unsigned int)seats,
		.seats_before = (unsigned int)before,
		.seats_inode = inode,
		.stopped_damon_stat = damon_stat,
		.aligned_shared = aligned,
		.made_state_dir = made_dir,
	};
	snprintf(claim->boot_id, sizeof(claim->boot_id), "%s", json_object_get_string(boot_id));
	return claim_in_range(claim);
}
