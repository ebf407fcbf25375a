// SPDX-License-Identifier: GPL-2.0
#include "sense/advised.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "advised.skel.h"
#include "sense/libbpf.h"

#ifndef PR_THP_DISABLE_EXCEPT_ADVISED
#define PR_THP_DISABLE_EXCEPT_ADVISED (1 << 1)
#endif

#define NOT_FOUND UINT64_MAX /* nobody has all flags */

struct advised {
	struct advised_bpf *bpf;
	uint64_t mask; /* one bit: the flag */
};

static int run_iterator(const struct bpf_program *prog, uint32_t tid)
{
	union bpf_iter_link_info info = {.task = {.tid = tid}};
	struct bpf_iter_attach_opts opts;
	struct bpf_link *link;
	int fd, err = 0;
	char none;

	memset(&opts, 0,
	       sizeof(opts)); /* libbpf looks at the padding too, which LIBBPF_OPTS() leaves as it is */
	opts.sz = sizeof(opts);
	opts.link_info = &info;
	opts.link_info_len = sizeof(info);
	link = bpf_program__attach_iter(prog, &opts);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		err = fd;
	else if (read(fd, &none, sizeof(none)) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

static int read_flags(struct advised *advised, uint32_t tid, uint64_t *flags)
{
	int fd = bpf_map__fd(advised->bpf->maps.mm_flags);
	uint64_t found = NOT_FOUND;
	uint32_t key = 0;
	int err = bpf_map_update_elem(fd, &key, &found, BPF_ANY);

	if (!err)
		err = run_iterator(advised->bpf->progs.read_mm_flags, tid);
	if (!err)
		err = bpf_map_lookup_elem(fd, &key, &found);
	if (!err && found == NOT_FOUND)
		err = -ESRCH;
	if (!err)
		*flags = found;
	return err;
}

static int set_own(int disable, int except)
{
	return prctl(PR_SET_THP_DISABLE, disable, except, 0, 0) ? -errno : 0;
}

/* Other flags that the kernel sets as we go stay set: only this one is there before and not after. */
static int find_flag(struct advised *advised)
{
	uint64_t with, without;
	int err = read_flags(advised, (uint32_t)gettid(), &with);

	if (!err)
		err = set_own(0, 0);
	if (!err)
		err = read_flags(advised, (uint32_t)gettid(), &without);
	if (err)
		return err;
	advised->mask = with & ~without;
	return __builtin_popcountll(advised->mask) == 1 ? 0 : -EPROTO;
}

static int load(struct advised *advised)
{
	int err = sense_has_room();

	if (err)
		return err;
	advised->bpf = advised_bpf__open();
	return advised->bpf ? advised_bpf__load(advised->bpf) : sense_open_err();
}

int advised_open(struct advised **out)
{
	int own = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), err;
	struct advised *advised;

	if (own < 0 || set_own(1, PR_THP_DISABLE_EXCEPT_ADVISED))
		return -EOPNOTSUPP;
	advised = calloc(1, sizeof(*advised));
	err = advised ? load(advised) : -ENOMEM;
	if (!err)
		err = find_flag(advised);
	set_own(own & 1, own & ~1);
	if (err) {
		advised_close(advised);
		return err;
	}
	*out = advised;
	return 0;
}

void advised_close(struct advised *advised)
{
	if (!advised)
		return;
	advised_bpf__destroy(advised->bpf);
	free(advised);
}

bool advised_only(struct advised *advised, uint32_t tid)
{
	uint64_t flags;

	return !read_flags(advised, tid, &flags) && (flags & advised->mask);
}
