// SPDX-License-Identifier: GPL-2.0
/* The text of /proc/PID/cgroup, whose path others chose: what it makes a process part of, and whether that is found by its name. */
#include "decide/service.h"
#include "fuzz.h"
#include "sense/owner.h"

static void check_name(const struct service *service)
{
	fuzz_check(strlen(service->name) < SERVICE_NAME_LEN && strlen(service->pod) < SERVICE_POD_LEN);
	fuzz_check(!*service->pod || service->kind == SERVICE_CONTAINER);
	fuzz_check(service->own == (service->key != 0));
}

/* The cgroup finds it, and so does the name that it has, unless that looks like a path. */
static void check_match(const struct service *service, const char *path)
{
	char word[SERVICE_NAME_LEN];

	if (*path == '/')
		fuzz_check(service_match(path, service, path, "") == SERVICE_BY_NAME);
	snprintf(word, sizeof(word), "%s", service->name);
	if (service->kind != SERVICE_CGROUP && *word && *word != '/')
		fuzz_check(service_match(word, service, path, "") == SERVICE_BY_NAME);
	service_match(path, service, word, path);
}

static bool ends_in(const char *path, const char *end)
{
	size_t len = strlen(path);

	return len >= strlen(end) && !strcmp(path + len - strlen(end), end);
}

/* Two look-ups are the same, and a cgroup that it makes below itself is still it; but what is in lxc is a container. */
static void check_key(const struct service *service, const char *path)
{
	struct service again;
	char *below;

	service_of_cgroup(path, &again);
	fuzz_check(again.key == service->key && !strcmp(again.name, service->name));
	fuzz_check(asprintf(&below, "%s/payload", path) > 0);
	service_of_cgroup(below, &again);
	if (service->own && service->kind != SERVICE_CGROUP && !ends_in(path, "/") && !ends_in(path, "lxc"))
		fuzz_check(again.key == service->key);
	fuzz_check(cgroup_is_below(below, path));
	free(below);
}

static void check_words(const struct service *service, const char *comm)
{
	struct whose whose = {.user = "alice", .service = *service, .command = "x --y"};
	char name[WHOSE_NAME_LEN], details[WHOSE_DETAILS_LEN];

	whose_name(comm, 7, &whose, name);
	fuzz_check(strlen(name) < sizeof(name));
	whose_service(comm, &whose, name);
	fuzz_check(strlen(name) < sizeof(name));
	whose_details(&whose, details);
	fuzz_check(strlen(details) < sizeof(details));
	fuzz_check(service_key(service, comm, 0) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), path[CGROUP_PATH_LEN] = "untouched", comm[COMM_LEN];
	struct service service;

	snprintf(comm, sizeof(comm), "%.15s", text);
	if (proc_parse_cgroup(text, path, sizeof(path)))
		fuzz_check(!strcmp(path, "untouched"));
	else
		fuzz_check(strstr(text, path) && !strchr(path, '\n'));
	service_of_cgroup(path, &service);
	check_name(&service);
	check_match(&service, path);
	check_key(&service, path);
	check_words(&service, comm);
	free(text);
	return 0;
}
