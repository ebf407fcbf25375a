// SPDX-License-Identifier: GPL-2.0
#include "decide/optout.h"

#include <string.h>

#define OPTED_OUT "it opted out of huge pages (THP_enabled: 0 in its status): "
#define REDIS                                                                                                \
	OPTED_OUT                                                                                            \
	"it does so where THP is `always`; `disable-thp no` in its configuration ends that, at its next "    \
	"start"
#define MARIADB                                                                                              \
	OPTED_OUT                                                                                            \
	"MariaDB does so once its buffer pool is there, and has no option against it; `large-pages` is its " \
	"own way"

/* What is known of programs that opt out by themselves: redis 6.2 and later, MariaDB 10.6.17 and later (MDEV-33279). */
static const struct {
	const char *comm, *reason;
} programs[] = {
	{"redis-server", REDIS}, {"valkey-server", REDIS}, {"keydb-server", REDIS},
	{"mariadbd", MARIADB},	 {"mysqld", MARIADB},
};

const char *optout_reason(const char *comm)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!strcmp(programs[i].comm, comm))
			return programs[i].reason;
	return OPTED_OUT
		"by prctl(PR_SET_THP_DISABLE), its own or that of who started it (systemd: MemoryTHP=)";
}
