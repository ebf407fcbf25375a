// SPDX-License-Identifier: GPL-2.0
/*
 * Where the memory of a watched process is hot: each region that a kdamond of ours found accessed, at the end
 * of each of its aggregations, without sysfs and its lock. A kdamond looks at a region 20 times for what is
 * done here once; most regions of most processes are cold, and cost a lookup only.
 */
#include "compat.bpf.h"
#include "regions_map.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256); /* user space sets what it needs */
	__type(key, __u32);	  /* pid of a kdamond of ours */
	__type(value, struct regions_kdamond);
} regions_kdamonds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18); /* as above */
} regions_records SEC(".maps");

/* Aggregations that come sooner after one another are left out: a bound on what all this may cost. */
const volatile __u64 least_interval_ns = 0;
/* User space comes by itself about once a second; it is woken only when the ring is filled so far. */
const volatile __u64 wake_bytes = 0;

static __always_inline void begin(struct regions_kdamond *kdamond)
{
	kdamond->seen = 0;
	kdamond->sent = 0;
	kdamond->aggregations++;
	kdamond->passing = bpf_ktime_get_boot_ns() >= kdamond->next_ns;
}

static __always_inline void send(struct regions_kdamond *kdamond, const struct regions_record *record,
				 __u64 flags)
{
	if (bpf_ringbuf_output(&regions_records, (void *)record, sizeof(*record), flags))
		kdamond->lost++;
}

static __always_inline void send_region(struct regions_kdamond *kdamond, struct damon_region *region,
					__u32 pid)
{
	struct regions_record record = {
		.start = region->ar.start,
		.end = region->ar.end,
		.kdamond = pid,
		.nr_accesses = region->nr_accesses,
		.age = region->age,
		.aggregation = (__u32)kdamond->aggregations,
	};

	kdamond->sent++;
	send(kdamond, &record, BPF_RB_NO_WAKEUP);
}

static __always_inline void finish(struct regions_kdamond *kdamond, __u32 pid)
{
	struct regions_record record = {
		.end_ns = bpf_ktime_get_boot_ns(),
		.start = kdamond->sent,
		.kdamond = pid,
		.aggregation = (__u32)kdamond->aggregations,
	};
	bool full = bpf_ringbuf_query(&regions_records, BPF_RB_AVAIL_DATA) >= wake_bytes;

	kdamond->next_ns = record.end_ns + least_interval_ns;
	send(kdamond, &record, full ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* args: target_id, region, nr_regions. A kdamond of ours has one target; its regions come one after another. */
SEC("tp_btf/damon_aggregated")
int on_aggregated(tp_args *args)
{
	struct damon_region *region = (void *)args[1];
	__u32 pid = (__u32)bpf_get_current_pid_tgid();
	struct regions_kdamond *kdamond = bpf_map_lookup_elem(&regions_kdamonds, &pid);

	if (!kdamond)
		return 0;
	/* By address, not by number: the first one that is seen may be in the middle. */
	if (!kdamond->aggregations || region->ar.start <= kdamond->last_start)
		begin(kdamond);
	kdamond->last_start = region->ar.start;
	if (kdamond->passing && region->nr_accesses)
		send_region(kdamond, region, pid);
	if (++kdamond->seen == (__u32)tp_int(args, 2) && kdamond->passing)
		finish(kdamond, pid);
	return 0;
}
