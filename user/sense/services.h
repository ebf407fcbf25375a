/* SPDX-License-Identifier: GPL-2.0 */
/* Whose a process is, in names: its user, and what its cgroup is. Asked once, and remembered. */
#ifndef HOTDAMON_SENSE_SERVICES_H
#define HOTDAMON_SENSE_SERVICES_H

#include "decide/service.h"
#include "sense/owner.h"

struct services;

struct place {
	const char *path; /* "": not known */
	struct service service;
};

/* @proc_root: of /proc. @cgroup_root: where cgroup v2 is mounted; NULL: as /proc says. NULL when out of memory. */
struct services *services_new(const char *proc_root, const char *cgroup_root);
void services_free(struct services *services); /* NULL is fine */

/*
 * The place of the process @id, whose cgroup of v2 @cgroup_id names. That is asked of the kernel once (as a file
 * handle: an id is never used again, and a cgroup of v2 never gets another name), so it serves for processes that have
 * ended too. Where all are in the root of v2, as with v1, or the kernel does not tell (no CAP_DAC_READ_SEARCH),
 * each process is asked, every half minute; @ended: it cannot be.
 *
 * Never NULL; without a path where it is not known. Borrowed until the next call.
 */
const struct place *services_place(struct services *services, struct process_id id, uint64_t cgroup_id,
				   bool ended, uint64_t now_ns);

/* Where cgroup v2 is mounted; "": it is not. */
const char *services_root(const struct services *services);

/* Its user and its service to *@whose; the command line is left as it is. UID_UNKNOWN: it is asked for. */
void services_whose(struct services *services, struct process_id id, struct process_owner owner, bool ended,
		    uint64_t now_ns, struct whose *whose);

/* How many cgroups and processes are remembered. */
size_t services_known(const struct services *services);

#endif
