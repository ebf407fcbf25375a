// SPDX-License-Identifier: GPL-2.0
#include "daemon/judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/log.h"
#include "report/unit.h"
#include "sense/advised.h"
#include "sense/owner.h"
#include "sense/wish.h"

#define IGNORED_MAX 16 /* cgroups whose wish was said not to count; of more nothing is said */

struct judge {
	const struct rules *rules;
	struct wish_tree tree;
	struct user_names *users;
	struct advised *advised; /* NULL: nobody can be told to have asked */
	char ignored[IGNORED_MAX][CGROUP_PATH_LEN];
	unsigned int n_ignored;
};

/* Room for what is read of one process. */
struct readings {
	struct process_owner owner;
	char unit[CGROUP_PATH_LEN], exe[PATH_MAX], user[33], uid[11];
};

static void open_advised(struct judge *judge)
{
	int err = advised_open(&judge->advised);

	if (err && err != -EOPNOTSUPP)
		log_warning("it cannot be told who asked for huge pages only where it advises them: %s",
			    strerror(-err));
}

struct judge *judge_new(const struct rules *rules)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return NULL;
	judge->rules = rules;
	judge->users = user_names_new();
	wish_tree_find("/proc", &judge->tree); /* without cgroup v2 nobody wishes */
	open_advised(judge);
	if (judge->users)
		return judge;
	judge_free(judge);
	return NULL;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	user_names_free(judge->users);
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
	if (ignored->not_root)
		log_warning("cgroup %s: `%s` in its xattr " WISH_XATTR
			    " is ignored, as it is not root's; omit would count",
			    ignored->cgroup, ignored->value);
	else
		log_warning("cgroup %s: `%s` in its xattr " WISH_XATTR
			    " is ignored: it can be omit, watch or prefer",
			    ignored->cgroup, ignored->value);
}

static void read_user(struct judge *judge, struct readings *readings, struct rules_subject *subject)
{
	if (!rules_ask_for(judge->rules, RULE_USER))
		return;
	user_name(judge->users, readings->owner.uid, readings->user, sizeof(readings->user));
	snprintf(readings->uid, sizeof(readings->uid), "%" PRIu32, readings->owner.uid);
	subject->user = readings->user;
	subject->uid = readings->uid;
}

static void read_owner(struct judge *judge, uint32_t pid, struct readings *readings,
		       struct rules_subject *subject)
{
	struct wish_ignored ignored;

	if (process_owner_read("/proc", pid, &readings->owner))
		return;
	read_user(judge, readings, subject);
	if (!*readings->owner.cgroup)
		return;
	unit_of_cgroup(readings->owner.cgroup, readings->unit, sizeof(readings->unit));
	subject->unit = readings->unit;
	subject->cgroup = readings->owner.cgroup;
	subject->word = wish_read(&judge->tree, subject->cgroup, &ignored);
	if (*ignored.cgroup)
		say_ignored(judge, &ignored);
}

struct rules_verdict judge_process(struct judge *judge, const struct process_facts *facts)
{
	struct rules_subject subject = {.comm = facts->comm};
	struct readings readings;

	read_owner(judge, facts->tgid, &readings, &subject);
	if (rules_ask_for(judge->rules, RULE_EXE) &&
	    !process_exe_read("/proc", facts->tgid, readings.exe, sizeof(readings.exe)))
		subject.exe = readings.exe;
	return rules_judge(judge->rules, &subject);
}

bool judge_finds_advised(const struct judge *judge, const struct process_facts *facts)
{
	return judge->advised && advised_only(judge->advised, facts->live_tid);
}
