// SPDX-License-Identifier: GPL-2.0
#include "sense/collapses.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "collapse_map.h"
#include "collapse.skel.h"
#include "sense/libbpf.h"

#define STATUS_NAMES 64 /* enum scan_result has about 35 */
#define NAME_LEN     40

struct collapses {
	struct collapse_bpf *bpf;
	/* Room for the whole map each. */
	struct collapse_key *keys;
	struct collapse_value *values;
	struct collapses_count *counts;
	char names[STATUS_NAMES][NAME_LEN];
};

/* What it was called in the kernel: a slot of a file whose page is huge, whether it is mapped so or not. */
#define PTE_MAPPED_HUGE "pte_mapped_hugepage"

/* SCAN_ALLOC_HUGE_PAGE_FAIL becomes alloc_huge_page_fail. */
static void name_status(struct collapses *collapse, int32_t status, const char *name)
{
	static const char prefix[] = "SCAN_";
	size_t i;

	if (status < 0 || status >= STATUS_NAMES)
		return;
	if (!strncmp(name, prefix, sizeof(prefix) - 1))
		name += sizeof(prefix) - 1;
	for (i = 0; name[i] && i < NAME_LEN - 1; i++)
		collapse->names[status][i] = (char)tolower((unsigned char)name[i]);
	collapse->names[status][i] = '\0';
}

/* The numbers differ between kernels; the running kernel's own BTF says what each means. */
static void name_statuses(struct collapses *collapse, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "scan_result", BTF_KIND_ENUM);
	const struct btf_type *type;
	const struct btf_enum *value;

	for (int32_t i = 0; i < STATUS_NAMES; i++)
		snprintf(collapse->names[i], NAME_LEN, "status_%d", i);
	if (id < 0)
		return;
	type = btf__type_by_id(btf, (uint32_t)id);
	value = btf_enum(type);
	for (int i = 0; i < btf_vlen(type); i++)
		name_status(collapse, value[i].val, btf__name_by_offset(btf, value[i].name_off));
}

/*
 * How many arguments a tracepoint has, from the prototype that its typedef points to; the first one is
 * not an argument.
 */
static int tracepoint_args(const struct btf *btf, const char *typedef_name)
{
	int id = btf__find_by_name_kind(btf, typedef_name, BTF_KIND_TYPEDEF);
	const struct btf_type *type;

	if (id < 0)
		return -ENOENT;
	type = btf__type_by_id(btf, btf__type_by_id(btf, (uint32_t)id)->type); /* a pointer */
	type = btf__type_by_id(btf, type->type);
	return btf_is_func_proto(type) ? btf_vlen(type) - 1 : -EINVAL;
}

static int status_of_name(const struct collapses *collapse, const char *name)
{
	for (int i = 0; i < STATUS_NAMES; i++)
		if (!strcmp(collapse->names[i], name))
			return i;
	return -1;
}

/* Of shared memory and files. */
static void fit_file_program(struct collapses *collapse, const struct btf *btf)
{
	collapse->bpf->rodata->pte_mapped_huge = status_of_name(collapse, PTE_MAPPED_HUGE);
	bpf_program__set_autoload(collapse->bpf->progs.on_scan_file,
				  tracepoint_args(btf, "btf_trace_mm_khugepaged_scan_file") == 6);
}

/*
 * The signatures changed over time: `order` came to mm_collapse_huge_page, `writable` left
 * mm_khugepaged_scan_pmd.
 */
static int fit_to_kernel(struct collapses *collapse)
{
	int scan_args, err;
	struct btf *btf;

	err = sense_kernel_btf(&btf);
	if (err)
		return err;
	collapse->bpf->rodata->collapse_has_order =
		tracepoint_args(btf, "btf_trace_mm_collapse_huge_page") >= 4;
	collapse->bpf->rodata->own_tgid = getpid();
	scan_args = tracepoint_args(btf, "btf_trace_mm_khugepaged_scan_pmd");
	collapse->bpf->rodata->scan_status_arg = scan_args == 6 ? 4 : 5;
	if (scan_args != 6 && scan_args != 7) /* unknown: failures of the first look go uncounted */
		bpf_program__set_autoload(collapse->bpf->progs.on_scan, false);
	if (tracepoint_args(btf, "btf_trace_mm_collapse_huge_page_isolate") < 2)
		bpf_program__set_autoload(collapse->bpf->progs.on_isolate, false);
	name_statuses(collapse, btf);
	fit_file_program(collapse, btf);
	btf__free(btf);
	return 0;
}

static int make_room(struct collapses *collapse)
{
	size_t room = bpf_map__max_entries(collapse->bpf->maps.collapse_counts);

	collapse->keys = calloc(room, sizeof(*collapse->keys));
	collapse->values = calloc(room, sizeof(*collapse->values));
	collapse->counts = calloc(room, sizeof(*collapse->counts));
	return collapse->keys && collapse->values && collapse->counts ? 0 : -ENOMEM;
}

int collapses_open(struct collapses **out)
{
	struct collapses *collapse = calloc(1, sizeof(*collapse));
	int err;

	if (!collapse)
		return -ENOMEM;
	err = sense_has_room();
	if (!err) {
		collapse->bpf = collapse_bpf__open();
		err = collapse->bpf ? fit_to_kernel(collapse) : sense_open_err();
	}
	if (!err)
		err = make_room(collapse);
	if (!err)
		err = collapse_bpf__load(collapse->bpf);
	if (!err)
		err = collapse_bpf__attach(collapse->bpf);
	if (err) {
		collapses_close(collapse);
		return err;
	}
	*out = collapse;
	return 0;
}

void collapses_close(struct collapses *collapse)
{
	if (!collapse)
		return;
	collapse_bpf__destroy(collapse->bpf);
	free(collapse->keys);
	free(collapse->values);
	free(collapse->counts);
	free(collapse);
}

static void take_counts(struct collapses *collapse, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct collapse_key *key = &collapse->keys[i];

		collapse->counts[i] = (struct collapses_count){
			.id = {.tgid = key->tgid, .start_time_ns = key->start_time_ns},
			.by_tgid = key->by_tgid,
			.status = key->status,
			.count = collapse->values[i].count,
			.filled_pages = collapse->values[i].filled_pages,
		};
	}
}

/*
 * All at once: what is there of processes that are gone fills the map in the end, and to ask for one after another then
 * takes 15 ms, five times a second.
 */
int collapses_read(struct collapses *collapse, const struct collapses_count **counts, size_t *n)
{
	int fd = bpf_map__fd(collapse->bpf->maps.collapse_counts), err;
	uint32_t place, found = bpf_map__max_entries(collapse->bpf->maps.collapse_counts);

	err = bpf_map_lookup_batch(fd, NULL, &place, collapse->keys, collapse->values, &found, NULL);
	if (err && err != -ENOENT) /* that is: there are no more */
		return err;
	take_counts(collapse, found);
	*counts = collapse->counts;
	*n = found;
	return 0;
}

_Static_assert(COLLAPSE_SUCCESS == COLLAPSE_STATUS_SUCCESS, "one number in BPF and here");

bool collapses_was_huge(const struct collapses *collapse, uint32_t status)
{
	if (status >= STATUS_NAMES)
		return false;
	return !strcmp(collapse->names[status], "pmd_mapped") ||
	       !strcmp(collapse->names[status], PTE_MAPPED_HUGE);
}

const char *collapses_status_name(struct collapses *collapse, uint32_t status)
{
	return status < STATUS_NAMES ? collapse->names[status] : "unknown_status";
}
