/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a process is part of, by the path of its cgroup: systemd's unit, or the container; and what to call it. Pure.
 * "/system.slice/tomcat.service" is a service. A login session holds whatever its user starts, and so does the root:
 * there a program of one user is the service.
 */
#ifndef HOTDAMON_DECIDE_SERVICE_H
#define HOTDAMON_DECIDE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decide/process.h"

#define SERVICE_NAME_LEN 256 /* systemd's are no longer */
#define SERVICE_POD_LEN	 40
#define USER_NAME_LEN	 33
#define COMMAND_LEN	 128
#define WHOSE_NAME_LEN	 (COMM_LEN + 24 + SERVICE_NAME_LEN)

enum service_kind {
	SERVICE_CGROUP,	  /* neither of the next two; name: its path, or the end of it */
	SERVICE_UNIT,	  /* innermost one, escapes undone: "nginx.service", "session-3.scope" */
	SERVICE_CONTAINER /* "docker:0123456789ab"; also podman, containerd, crio, lxc ... */
};

/* What a cgroup is. */
struct service {
	enum service_kind kind;
	char name[SERVICE_NAME_LEN];
	char pod[SERVICE_POD_LEN]; /* uid of the pod of kubernetes; "": none */
	bool own;     /* what is in it, and below, is one service; else each program of each user is */
	uint64_t key; /* if own: equal for all cgroups of the same service, and no others */
};

/* The name if that is what it is, else "". */
static inline const char *service_unit(const struct service *service)
{
	return service->kind == SERVICE_UNIT ? service->name : "";
}

static inline const char *service_container(const struct service *service)
{
	return service->kind == SERVICE_CONTAINER ? service->name : "";
}

/* Of the cgroup at @path, as /proc/PID/cgroup has it; "" if it is not known. */
void service_of_cgroup(const char *path, struct service *service);

/* The key of the service of a process, of @comm and @uid, in the cgroup of @service. Never 0. */
uint64_t service_key(const struct service *service, const char *comm, uint32_t uid);

/* The same of a process that is a service of its own: no other has it. */
uint64_t service_key_alone(struct process_id id);

/* Whose a process is, for people. "" is what is not known. */
struct whose {
	char user[USER_NAME_LEN];
	struct service service;
	char command[COMMAND_LEN]; /* the beginning of its command line, printable */
};

/* "java (4256) of tomcat.service", "of docker:0123456789ab", "of alice": what tells it from its like. */
void whose_name(const char *comm, uint32_t pid, const struct whose *whose, char out[WHOSE_NAME_LEN]);

/* What it is part of: its unit or container; in a session "java of alice", as there a program of a user is the service. */
void whose_service(const char *comm, const struct whose *whose, char out[WHOSE_NAME_LEN]);

/* "user tomcat, pod 0f5e..., command: /usr/bin/java -Xmx4g": what its name leaves out; "" if that is nothing. */
#define WHOSE_DETAILS_LEN (USER_NAME_LEN + SERVICE_NAME_LEN + SERVICE_POD_LEN + COMMAND_LEN + 40)
void whose_details(const struct whose *whose, char out[WHOSE_DETAILS_LEN]);

/* Whether @path is @prefix or below it: "/a" holds "/a" and "/a/b", not "/ab". */
bool cgroup_is_below(const char *path, const char *prefix);

/* How a word that somebody gave fits a process. */
enum service_match {
	SERVICE_IS_OTHER,
	SERVICE_BY_COMM, /* the name of the process */
	SERVICE_BY_NAME, /* its unit, container, pod or cgroup */
};

/*
 * By @word: a unit ("nginx" is nginx.service, as systemctl has it), a container by its id or the beginning of it, from four
 * digits on, with or without its engine before it ("docker:0123"), the uid of a pod, the path of a cgroup, which is all below
 * it, too, or the @comm of a process. @path: of its cgroup.
 */
enum service_match service_match(const char *word, const struct service *service, const char *path,
				 const char *comm);

#endif
