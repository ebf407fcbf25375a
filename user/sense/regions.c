// SPDX-License-Identifier: GPL-2.0
#include "sense/regions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/array.h"
#include "base/units.h"
#include "regions_map.h"
#include "regions.skel.h"
#include "sense/gather.h"
#include "sense/libbpf.h"

#define LEAST_INTERVAL_NS (40 * NS_PER_MS) /* 25 aggregations a second tell enough of heat */
#define RING_MIN_BYTES	  (1U << 18)
#define RING_MAX_BYTES	  (1U << 25)
/* That fit into it, if a quarter of the regions are hot at all: about a second's. */
#define RING_AGGREGATIONS 8

struct gathered {
	pid_t kdamond;
	struct gather gather;
};

struct regions {
	struct regions_bpf *bpf;
	struct ring_buffer *ring;
	struct gathered *gathered; /* [n_gathered], in no order */
	size_t n_gathered, room;
	size_t last; /* the one that was asked for last: records of one kdamond come in a row */
	struct regions_counts counts;
	regions_fn fn; /* of regions_take(), while it runs */
	void *arg;
};

/* Its prototype: an argument for BPF's own, then target_id, region, nr_regions. 0, -ENOENT, or why BTF is not read. */
static int check_tracepoint(void)
{
	const struct btf_type *type;
	bool known = false;
	struct btf *btf;
	int id, err = sense_kernel_btf(&btf);

	if (err)
		return err;
	id = btf__find_by_name_kind(btf, "btf_trace_damon_aggregated", BTF_KIND_TYPEDEF);
	if (id > 0) {
		type = btf__type_by_id(btf, btf__type_by_id(btf, (uint32_t)id)->type); /* a pointer */
		type = btf__type_by_id(btf, type->type);
		known = btf_is_func_proto(type) && btf_vlen(type) == 4;
	}
	btf__free(btf);
	return known ? 0 : -ENOENT;
}

/* A power of two, as a ring must be. */
static uint32_t ring_bytes(unsigned int n_kdamonds, uint64_t max_regions)
{
	uint64_t wanted = (uint64_t)n_kdamonds * max_regions / 4 * RING_AGGREGATIONS *
			  (sizeof(struct regions_record) + BPF_RINGBUF_HDR_SZ);
	uint32_t bytes = RING_MIN_BYTES;

	while (bytes < wanted && bytes < RING_MAX_BYTES)
		bytes *= 2;
	return bytes;
}

static struct gathered *gathered_of(struct regions *regions, pid_t kdamond)
{
	if (regions->last < regions->n_gathered && regions->gathered[regions->last].kdamond == kdamond)
		return &regions->gathered[regions->last];
	for (size_t i = 0; i < regions->n_gathered; i++) {
		if (regions->gathered[i].kdamond == kdamond) {
			regions->last = i;
			return &regions->gathered[i];
		}
	}
	return NULL;
}

static int on_record(void *arg, void *data, size_t size)
{
	struct regions *regions = arg;
	const struct regions_record *record = data;
	struct gathered *gathered = gathered_of(regions, (pid_t)record->kdamond);
	int err;

	(void)size;
	if (!gathered) /* it was left meanwhile */
		return 0;
	err = gather_record(&gathered->gather, record);
	if (err == -ENODATA)
		regions->counts.incomplete++;
	if (err != GATHER_COMPLETE)
		return err == -ENOMEM ? err : 0;
	regions->counts.taken++;
	regions->fn(regions->arg, gathered->kdamond, gathered->gather.regions, gathered->gather.n,
		    record->end_ns);
	return 0;
}

static int load(struct regions *regions, unsigned int n_kdamonds, uint64_t max_regions)
{
	uint32_t bytes = ring_bytes(n_kdamonds, max_regions);

	regions->bpf = regions_bpf__open();
	if (!regions->bpf)
		return sense_open_err();
	bpf_map__set_max_entries(regions->bpf->maps.regions_kdamonds, n_kdamonds);
	bpf_map__set_max_entries(regions->bpf->maps.regions_records, bytes);
	regions->bpf->rodata->least_interval_ns = LEAST_INTERVAL_NS;
	regions->bpf->rodata->wake_bytes = bytes / 2;
	return regions_bpf__load(regions->bpf);
}

static int open_ring(struct regions *regions)
{
	regions->ring =
		ring_buffer__new(bpf_map__fd(regions->bpf->maps.regions_records), on_record, regions, NULL);
	return regions->ring ? 0 : -errno;
}

int regions_open(unsigned int n_kdamonds, uint64_t max_regions, struct regions **out)
{
	struct regions *regions;
	int err = sense_has_room();

	if (!err)
		err = check_tracepoint();
	if (err)
		return err;
	regions = calloc(1, sizeof(*regions));
	if (!regions)
		return -ENOMEM;
	err = load(regions, n_kdamonds, max_regions);
	if (!err)
		err = open_ring(regions);
	if (!err)
		err = regions_bpf__attach(regions->bpf);
	if (err) {
		regions_close(regions);
		return err;
	}
	*out = regions;
	return 0;
}

void regions_close(struct regions *regions)
{
	if (!regions)
		return;
	ring_buffer__free(regions->ring);
	regions_bpf__destroy(regions->bpf);
	for (size_t i = 0; i < regions->n_gathered; i++)
		gather_free(&regions->gathered[i].gather);
	free(regions->gathered);
	free(regions);
}

static int begin_gathering(struct regions *regions, pid_t kdamond)
{
	int err;

	if (gathered_of(regions, kdamond))
		return 0;
	err = array_reserve(&regions->gathered, &regions->room, regions->n_gathered + 1,
			    sizeof(*regions->gathered));
	if (err)
		return err;
	regions->gathered[regions->n_gathered++] = (struct gathered){.kdamond = kdamond};
	return 0;
}

static int map_fd(const struct regions *regions)
{
	return bpf_map__fd(regions->bpf->maps.regions_kdamonds);
}

int regions_watch(struct regions *regions, pid_t kdamond)
{
	struct regions_kdamond fresh = {0};
	int err = begin_gathering(regions, kdamond);

	if (!err && bpf_map_update_elem(map_fd(regions), &kdamond, &fresh, BPF_ANY))
		err = -errno;
	if (err)
		regions_leave(regions, kdamond);
	return err;
}

void regions_leave(struct regions *regions, pid_t kdamond)
{
	struct gathered *gathered = gathered_of(regions, kdamond);

	bpf_map_delete_elem(map_fd(regions), &kdamond);
	if (!gathered)
		return;
	gather_free(&gathered->gather);
	*gathered = regions->gathered[--regions->n_gathered];
}

int regions_fd(const struct regions *regions)
{
	return ring_buffer__epoll_fd(regions->ring);
}

int regions_take(struct regions *regions, regions_fn fn, void *arg)
{
	int n;

	regions->fn = fn;
	regions->arg = arg;
	n = ring_buffer__consume(regions->ring);
	return n < 0 ? n : 0;
}

int regions_attach_again(struct regions *regions)
{
	regions_bpf__detach(regions->bpf);
	return regions_bpf__attach(regions->bpf);
}

struct regions_counts regions_counts(const struct regions *regions)
{
	return regions->counts;
}
