/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts about the kernel and the host, and what follows from them: the list of requirements that
 * `check` prints and `run` and `top` go by. Only reads, but for probes that make a BPF map and counters, and
 * close them. No state; any thread.
 */
#ifndef HOTDAMON_SENSE_HOST_H
#define HOTDAMON_SENSE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sense/quiet.h"

#define HOST_RELEASE_LEN      65 /* of struct utsname */
#define HOST_WORD_LEN	      16 /* states, operations and modes are one short word */
#define HOST_SCAN_NAME_LEN    40
#define HOST_CPUS_LEN	      64
#define HOST_MAX_SCAN_RESULTS 64 /* 31 in Linux 6.18 */
#define HOST_MAX_KDAMONDS     32 /* more are counted, not described */
#define HOST_MAX_TARGETS      8
#define HOST_MAX_OWN	      64

/* Where to look; NULL is the real place. Tests give directories of their own. */
struct host_roots {
	const char *proc;      /* /proc */
	const char *sys;       /* /sys */
	const char *state_dir; /* of a running hotdamon: /run/hotdamon */
	bool no_bpf_probe;     /* do not ask bpf(2): whether programs load stays unknown */
};

/* UNKNOWN is never "no": it is what could not be read, mostly for want of root. */
enum host_answer { HOST_UNKNOWN, HOST_NO, HOST_YES };

enum host_tracepoint {
	HOST_TP_SCHED_SWITCH,
	HOST_TP_SCHED_PROCESS_EXIT,
	HOST_TP_SCHED_PROCESS_EXEC,
	HOST_TP_DAMON_AGGREGATED,
	HOST_TP_MM_COLLAPSE_HUGE_PAGE,
	HOST_TP_MM_KHUGEPAGED_SCAN_PMD,
	HOST_TRACEPOINTS,
};

/* The parts of the kernel that take DAMON for themselves alone. */
enum host_module { HOST_DAMON_STAT, HOST_DAMON_RECLAIM, HOST_DAMON_LRU_SORT, HOST_MODULES };

struct host_module_facts {
	enum host_answer present; /* built in or loaded */
	enum host_answer off;	  /* so that it is not in the way */
};

/* Of this process. */
struct host_self {
	bool uid0;	  /* effective */
	uint64_t cap_eff; /* bit number is the capability's */
	enum host_answer initial_pid_ns;
	enum host_answer initial_user_ns;
};

enum host_kdamond_owner {
	HOST_OWNER_NOBODY,  /* off and without a context: nothing is lost when it is made anew */
	HOST_OWNER_FOREIGN, /* running or configured, and not known as ours */
	HOST_OWNER_OURS,
	HOST_OWNER_UNKNOWN, /* its files cannot be read */
};

struct host_kdamond {
	unsigned int number;	   /* kdamonds/N */
	char state[HOST_WORD_LEN]; /* "on", "off"; "busy" when DAMON stayed locked; "" when not readable */
	pid_t pid;		   /* of the kdamond; -1: none, or not readable */
	int nr_contexts;	   /* -1: not readable */
	char operations[HOST_WORD_LEN];
	pid_t targets[HOST_MAX_TARGETS]; /* pid_target of vaddr and fvaddr; none of paddr */
	size_t nr_targets;
	enum host_kdamond_owner owner;
};

/* What hotdamon's own status file tells. */
struct host_own {
	pid_t daemon_pid;	 /* 0: no status file */
	bool alive;		 /* that pid is a process named hotdamon */
	enum host_answer pinned; /* its directory is in bpffs */
	pid_t kdamonds[HOST_MAX_OWN];
	size_t nr_kdamonds;
};

struct host_facts {
	struct host_self self;
	char release[HOST_RELEASE_LEN];
	unsigned int major, minor;

	enum host_answer
		btf; /* the kernel's BTF is there and can be read; what follows is UNKNOWN without it */
	enum host_answer tracepoints[HOST_TRACEPOINTS];
	enum host_answer task_storage; /* of BPF */
	enum host_answer bpf_loop;
	enum host_answer apply_interval;  /* DAMON's schemes have apply_interval_us */
	enum host_answer pagemap_scan;	  /* the ioctl of /proc/PID/pagemap */
	enum host_answer collapse_action; /* enum damos_action has DAMOS_COLLAPSE */
	enum host_answer hugepage_filter; /* DAMOS filters know hugepage_size */
	char scan_results[HOST_MAX_SCAN_RESULTS]
			 [HOST_SCAN_NAME_LEN]; /* by value: "SCAN_SUCCEED"; "" is none */
	size_t nr_scan_results;		       /* 1 + the highest value; 0: not told */

	char lockdown[HOST_WORD_LEN]; /* none, integrity, confidentiality; "" when it is not told */
	enum host_answer bpf_loads;   /* a trial program does, that calls what ours call */
	int bpf_err;		      /* why it does not: negative errno */
	enum host_answer bpffs;	      /* at /sys/fs/bpf */
	enum host_answer damon_sysfs;
	enum host_answer vaddr;
	enum host_answer fvaddr;  /* vaddr with ranges that we choose */
	const char *vaddr_source; /* how both are known, a literal; NULL when vaddr is not */

	enum host_answer kdamonds_readable;
	unsigned int nr_kdamonds;
	struct host_kdamond kdamonds[HOST_MAX_KDAMONDS]; /* the first of nr_kdamonds */
	struct host_module_facts modules[HOST_MODULES];
	struct host_own own;

	enum host_answer thp;	      /* built in */
	char thp_mode[HOST_WORD_LEN]; /* always, madvise, never */
	/*
	 * What collapse_barred_everywhere() of act/collapse.h said, for the caller to fill in: 0, or the negative errno by which the
	 * kernel refuses collapses in all other processes.
	 */
	int collapse_err;
	uint64_t pmd_size_bytes;	       /* 0: not told */
	enum host_answer psi;		       /* the kernel tells the pressure on memory */
	char quiet[QUIET_WAYS][HOST_CPUS_LEN]; /* the lists of quiet CPUs, or their beginning; "": none */
};

/*
 * Fills @facts; @roots may be NULL. What cannot be read is UNKNOWN, never an error: 0, or -errno when
 * there is no kernel to be told (/proc).
 */
int host_facts_read(const struct host_roots *roots, struct host_facts *facts);

/* At least @major.@minor. */
bool host_kernel_since(const struct host_facts *facts, unsigned int major, unsigned int minor);

/* What this process may do, by its capabilities and namespaces. */
bool host_may_bpf(const struct host_self *self);
bool host_may_damon(const struct host_self *self);
/* CAP_SYS_NICE and CAP_SYS_PTRACE for process_madvise(), CAP_DAC_READ_SEARCH for /proc/PID/pagemap of other users. */
bool host_may_collapse(const struct host_self *self);

const char *host_module_name(enum host_module module); /* as in /sys/module */

/* Parsers, apart from reading. They leave their output untouched when they return false. */
bool host_parse_status(const char *text, struct host_self *self); /* /proc/self/status: uid0 and cap_eff */
bool host_parse_release(const char *release, unsigned int *major, unsigned int *minor);
bool host_parse_namespace(const char *link, uint64_t *inode);	      /* "pid:[4026531836]" */
bool host_parse_bracketed(const char *text, char *word, size_t size); /* "always [madvise] never" */
bool host_has_word(const char *text, const char *word);		      /* of words between white space */
bool host_is_symbol_of(const char *kallsyms_line, const char *prefix);
/* The text of status.json: daemon_pid and kdamonds. -EINVAL, -ENOMEM: *@own untouched. */
int host_parse_own(const char *text, struct host_own *own);

#endif
