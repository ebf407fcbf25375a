// SPDX-License-Identifier: GPL-2.0
#include "daemon/judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/log.h"
#include "sense/advised.h"
#include "sense/owner.h"
#include "sense/wish.h"

#define IGNORED_MAX 16 /* cgroups whose wish was said not to count; of more nothing is said */

struct judge {
	const struct rules *rules;
	struct wish_tree tree;
	struct services *services;
	struct advised *advised; /* NULL: nobody can be told to have asked */
	char ignored[IGNORED_MAX][CGROUP_PATH_LEN];
	unsigned int n_ignored;
};

/* Room for what is read of one process. */
struct readings {
	struct whose whose;
	char cgroup[CGROUP_PATH_LEN], exe[PATH_MAX], uid[11];
};

static void open_advised(struct judge *judge)
{
	int err = advised_open(&judge->advised);

	if (err && err != -EOPNOTSUPP)
		log_warning("it cannot be told who asked for huge pages only where it advises them: %s",
			    err == -EPROTO ? "this kernel has no such flag" : strerror(-err));
}

struct judge *judge_new(const struct rules *rules, struct services *services)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return NULL;
	judge->rules = rules;
	judge->services = services;
	judge->tree.mount = services_root(services); /* without cgroup v2 nobody wishes */
	open_advised(judge);
	return judge;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	advised_close(judge->advised);
	free(judge);
}

static void say_ignored(struct judge *judge, const struct wish_ignored *ignored)
{
	for (unsigned int i = 0; i < judge->n_ignored; i++)
		if (!strcmp(judge->ignored[i], ignored->cgroup))
			return;
	if (judge->n_ignored == IGNORED_MAX)
		return;
	strcpy(judge->ignored[judge->n_ignored++], ignored->cgroup);
	if (judge->n_ignored == IGNORED_MAX)
		log_warning("the wishes of %d cgroups are ignored: of more of them nothing is said",
			    IGNORED_MAX);
	if (ignored->not_root)
		log_warning("cgroup %s: `%s` in its xattr " WISH_XATTR
			    " is ignored, as it is not root's; omit would count",
			    ignored->cgroup, ignored->value);
	else
		log_warning("cgroup %s: `%s` in its xattr " WISH_XATTR
			    " is ignored: it can be omit, watch or prefer",
			    ignored->cgroup, ignored->value);
}

/* The directory in /proc that serves when the main thread has exited, too. */
static uint32_t pid_to_read(const struct process_facts *facts)
{
	return facts->live_tid ? facts->live_tid : facts->tgid;
}

static void read_exe(const struct judge *judge, uint32_t pid, struct readings *readings,
		     struct rules_subject *subject)
{
	int err;

	if (!rules_ask_for(judge->rules, RULE_EXE))
		return;
	err = process_exe_read("/proc", pid, readings->exe, sizeof(readings->exe));
	if (!err)
		subject->exe = readings->exe;
	else if (err != -ESRCH) /* of one that has just ended that is no news */
		subject->unread |= 1U << RULE_EXE;
}

static void read_owner(struct judge *judge, struct process_id id, struct process_owner owner, uint64_t now_ns,
		       struct readings *readings, struct rules_subject *subject)
{
	struct wish_ignored ignored;

	if (owner.uid == UID_UNKNOWN)
		process_uid_read("/proc", id.tgid, &owner.uid);
	services_whose(judge->services, id, owner, false, now_ns, &readings->whose);
	if (owner.uid != UID_UNKNOWN) {
		snprintf(readings->uid, sizeof(readings->uid), "%" PRIu32, owner.uid);
		subject->user = readings->whose.user;
		subject->uid = readings->uid;
	} else {
		subject->unread |= 1U << RULE_USER;
	}
	snprintf(readings->cgroup, sizeof(readings->cgroup), "%s",
		 services_place(judge->services, id, owner.cgroup_id, false, now_ns)->path);
	if (!*readings->cgroup) {
		if (*judge->tree.mount) /* else there may be none */
			subject->unread |= 1U << RULE_UNIT | 1U << RULE_CGROUP;
		return;
	}
	subject->unit = readings->whose.service.name;
	subject->cgroup = readings->cgroup;
	subject->word = wish_read(&judge->tree, subject->cgroup, &ignored);
	if (*ignored.cgroup)
		say_ignored(judge, &ignored);
}

struct rules_verdict judge_process(struct judge *judge, const struct process_facts *facts,
				   struct process_id id, struct process_owner owner, uint64_t now_ns)
{
	struct rules_subject subject = {.comm = facts->comm};
	struct readings readings;

	read_owner(judge, id, owner, now_ns, &readings, &subject);
	read_exe(judge, pid_to_read(facts), &readings, &subject);
	return rules_judge(judge->rules, &subject);
}

bool judge_finds_advised(const struct judge *judge, const struct process_facts *facts)
{
	return judge->advised && advised_only(judge->advised, facts->live_tid);
}
