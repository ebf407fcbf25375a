// SPDX-License-Identifier: GPL-2.0
#include "sense/hotness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/array.h"
#include "base/textfile.h"
#include "hotness_map.h"
#include "hotness.skel.h"
#include "sense/libbpf.h"
#include "sense/quiet.h"

#define DEFAULT_MIN_PROCESSES 4096U
#define DEFAULT_MAX_PROCESSES 65536U /* a machine with more processes that run says so */
#define ROUNDS_AT_MOST	      64     /* of one window; each takes half a map */

/* What a window gave so far. */
struct usages {
	struct usage *at;
	size_t n, room;
};

struct hotness {
	struct hotness_bpf *bpf;
	struct usages usages;
	struct cpus quiet; /* as of the present window: cpusets may isolate more at any time */
	uint64_t crowded;  /* windows */
	uint64_t began_ns; /* of the present window, boot clock */
	bool lists_tasks, sees_cpus;
	bool failed; /* the last window: what it took is kept for the next one */
	char *pin_path;
};

/* Room for every pid there can be, within reason. */
static uint32_t default_capacity(void)
{
	uint64_t pid_max;

	if (textfile_read_u64(&pid_max, "/proc/sys/kernel/pid_max") || pid_max > DEFAULT_MAX_PROCESSES)
		return DEFAULT_MAX_PROCESSES;
	return pid_max < DEFAULT_MIN_PROCESSES ? DEFAULT_MIN_PROCESSES : (uint32_t)pid_max;
}

/* Programs that we run ourselves. */
static void attach_none(struct hotness_bpf *bpf)
{
	struct bpf_program *const ours[] = {bpf->progs.count_window, bpf->progs.count_current,
					    bpf->progs.count_on,     bpf->progs.count_task,
					    bpf->progs.note_task,    bpf->progs.tell_processes,
					    bpf->progs.forget_ended, bpf->progs.forget_ended_unasked};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		bpf_program__set_autoattach(ours[i], false);
}

static int load(struct hotness *hotness, uint64_t boot_now_ns, uint32_t capacity, bool lists_tasks,
		bool sees_cpus)
{
	int err = sense_has_room();
	struct hotness_bpf *bpf;

	if (err)
		return err;
	bpf = hotness_bpf__open();
	if (!bpf)
		return sense_open_err();
	bpf_map__set_max_entries(bpf->maps.process_hotness, capacity);
	bpf_map__set_max_entries(bpf->maps.changed_processes, capacity);
	bpf_map__set_max_entries(bpf->maps.ended_processes, capacity);
	attach_none(bpf);
	bpf->rodata->lists_tasks = lists_tasks;
	bpf_program__set_autoload(bpf->progs.count_window, lists_tasks);
	bpf_program__set_autoload(bpf->progs.count_on, sees_cpus);
	bpf_program__set_autoload(bpf->progs.forget_ended, lists_tasks);
	bpf_program__set_autoload(bpf->progs.forget_ended_unasked, !lists_tasks);
	bpf->bss->attached_ns = boot_now_ns;
	err = hotness_bpf__load(bpf);
	if (err) {
		hotness_bpf__destroy(bpf);
		return err;
	}
	hotness->bpf = bpf;
	hotness->lists_tasks = lists_tasks;
	hotness->sees_cpus = sees_cpus;
	return 0;
}

/*
 * bpf_task_from_pid() came with 6.2, and later for programs that user space runs, as did queues in those: the
 * verifier knows. What other CPUs run is seen where the kernel's symbols tell of its variables (CONFIG_KALLSYMS_ALL).
 */
static int load_best(struct hotness *hotness, uint64_t boot_now_ns, uint32_t capacity)
{
	int err = load(hotness, boot_now_ns, capacity, true, true);

	if (err == -EINVAL || err == -EACCES || err == -ENOENT)
		err = load(hotness, boot_now_ns, capacity, true, false);
	if (err == -EINVAL || err == -EACCES)
		err = load(hotness, boot_now_ns, capacity, false, false);
	return err;
}

/* Runs @prog for every task of the machine. */
static int walk_tasks(const struct bpf_program *prog)
{
	struct bpf_link *link = bpf_program__attach_iter(prog, NULL);
	char buffer[64];
	ssize_t got;
	int fd, err = 0;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		err = -errno;
	} else {
		while ((got = read(fd, buffer, sizeof(buffer))) > 0 || (got < 0 && errno == EAGAIN))
			;
		err = got < 0 ? -errno : 0;
		close(fd);
	}
	bpf_link__destroy(link);
	return err;
}

/*
 * Programs are attached one by one, which takes tens of milliseconds: what is counted meanwhile is given to
 * a window that nobody sees, so that the first one begins now.
 */
int hotness_open(uint64_t boot_now_ns, uint32_t max_processes, struct hotness **out)
{
	struct hotness *hotness = calloc(1, sizeof(*hotness));
	const struct usage *unseen;
	struct hotness_span span;
	size_t n;
	int err;

	if (!hotness)
		return -ENOMEM;
	err = load_best(hotness, boot_now_ns, max_processes ? max_processes : default_capacity());
	if (!err)
		err = hotness_bpf__attach(hotness->bpf);
	if (!err)
		err = walk_tasks(hotness->bpf->progs.note_task);
	if (!err)
		err = hotness_window(hotness, &unseen, &n, &span);
	if (err) {
		hotness_close(hotness);
		return err;
	}
	*out = hotness;
	return 0;
}

void hotness_close(struct hotness *hotness)
{
	if (!hotness)
		return;
	if (hotness->pin_path)
		unlink(hotness->pin_path);
	hotness_bpf__destroy(hotness->bpf);
	free(hotness->pin_path);
	free(hotness->usages.at);
	free(hotness);
}

int hotness_pin(struct hotness *hotness, const char *path)
{
	int err;

	if (unlink(path) && errno != ENOENT)
		return -errno;
	err = bpf_map__pin(hotness->bpf->maps.process_hotness, path);
	if (err)
		return err;
	hotness->pin_path = strdup(path);
	if (hotness->pin_path)
		return 0;
	unlink(path);
	return -ENOMEM;
}

/* What a CPU runs now is counted by itself, which takes an interrupt. An offline one runs nothing. */
static int count_current(const struct hotness *hotness, unsigned int cpu)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);
	int err = bpf_prog_test_run_opts(bpf_program__fd(hotness->bpf->progs.count_current), &opts);

	return err == -ENXIO ? 0 : err;
}

/* From here; at worst by way of all tasks, wherever they are. */
static int count_on_quiet(const struct hotness *hotness, unsigned int cpu)
{
	struct hotness_cpu where = {.cpu = cpu};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &where, .ctx_size_in = sizeof(where));

	if (hotness->sees_cpus)
		return bpf_prog_test_run_opts(bpf_program__fd(hotness->bpf->progs.count_on), &opts);
	hotness->bpf->bss->walk_all_tasks = true;
	return 0;
}

/* A spinner never switches: what runs now is counted, CPU by CPU. */
static int count_running(const struct hotness *hotness)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;

	for (int i = 0; i < cpus && !err; i++) {
		unsigned int cpu = (unsigned int)i;

		err = cpus_has(&hotness->quiet, cpu) ? count_on_quiet(hotness, cpu)
						     : count_current(hotness, cpu);
	}
	return err;
}

static int run(const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	return bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
}

/* What was noted, or all if that is not complete. */
static int count_noted(struct hotness *hotness)
{
	struct hotness_bpf *bpf = hotness->bpf;
	int err = hotness->lists_tasks ? run(bpf->progs.count_window) : 0;

	if (!err && (!hotness->lists_tasks || bpf->bss->walk_all_tasks)) {
		bpf->bss->walk_all_tasks = false;
		err = walk_tasks(bpf->progs.count_task);
		if (err)
			bpf->bss->walk_all_tasks = true;
	}
	return err;
}

static struct usage usage_of(const struct hotness_record *record)
{
	struct usage usage = {
		.id = {.tgid = record->process.tgid, .start_time_ns = record->process.start_time_ns},
		.before = {.run_ns = record->old_run_ns + record->before_run_ns,
			   .utime_ns = record->old_utime_ns + record->before_utime_ns,
			   .stime_ns = record->old_stime_ns + record->before_stime_ns},
		.now = {.run_ns = record->old_run_ns + record->run_ns,
			.utime_ns = record->old_utime_ns + record->utime_ns,
			.stime_ns = record->old_stime_ns + record->stime_ns},
		.threads = record->threads,
		.threads_max = record->threads_max,
		.execs = record->execs,
		.ended = record->ended != 0,
		.owner = {.cgroup_id = record->cgroup_id, .uid = record->uid},
	};

	memcpy(usage.comm, record->comm, sizeof(usage.comm));
	usage.comm[sizeof(usage.comm) - 1] = '\0';
	return usage;
}

/* Takes what changed, many at a time; there is room for what is taken before it is. */
static int take_changes(struct hotness *hotness)
{
	const struct hotness_bpf *bpf = hotness->bpf;
	struct usages *usages = &hotness->usages;
	int err;

	do {
		err = array_reserve(&usages->at, &usages->room, usages->n + HOTNESS_RECORDS,
				    sizeof(*usages->at));
		if (!err)
			err = run(bpf->progs.tell_processes);
		for (uint32_t i = 0; !err && i < bpf->bss->n_records; i++)
			usages->at[usages->n++] = usage_of(&bpf->bss->records[i]);
	} while (!err && !bpf->bss->told_all);
	return err;
}

static uint64_t run_ns_of(const struct usage *usage)
{
	return usage->now.run_ns - usage->before.run_ns;
}

static int hotter_cmp(const void *a, const void *b)
{
	uint64_t left = run_ns_of(a), right = run_ns_of(b);

	return left == right ? 0 : left > right ? -1 : 1;
}

static int id_cmp(const void *a, const void *b)
{
	return process_id_cmp(((const struct usage *)a)->id, ((const struct usage *)b)->id);
}

/* Keys of the map that are not among the first @keep of @usages, which are by id: all that memory is there for. Malloced. */
static struct hotness_key *others(int map_fd, const struct usages *usages, size_t keep, size_t *n)
{
	struct hotness_key key, *last = NULL, *list = NULL;
	size_t room = 0;

	*n = 0;
	for (; !bpf_map_get_next_key(map_fd, last, &key); last = &key) {
		struct usage wanted = {.id = {.tgid = key.tgid, .start_time_ns = key.start_time_ns}};

		if (keep && bsearch(&wanted, usages->at, keep, sizeof(*usages->at), id_cmp))
			continue;
		if (array_reserve(&list, &room, *n + 1, sizeof(*list)))
			break;
		list[(*n)++] = key;
	}
	return list;
}

/*
 * Frees the map of all but the half that it can hold of what was hottest in this window, and tells whether that
 * made room. Nothing is lost: an entry with more to tell stays, and what of a task's time was counted is with the
 * task.
 */
static bool make_room(struct hotness *hotness)
{
	int map_fd = bpf_map__fd(hotness->bpf->maps.process_hotness);
	size_t keep = bpf_map__max_entries(hotness->bpf->maps.process_hotness) / 2, n, deleted = 0;
	struct usages *usages = &hotness->usages;
	struct hotness_value value;
	struct hotness_key *list;

	if (keep > usages->n)
		keep = usages->n;
	if (keep) {
		qsort(usages->at, usages->n, sizeof(*usages->at), hotter_cmp);
		qsort(usages->at, keep, sizeof(*usages->at), id_cmp);
	}
	list = others(map_fd, usages, keep, &n);
	for (size_t i = 0; i < n; i++)
		if (!bpf_map_lookup_elem(map_fd, &list[i], &value) && !value.changed)
			deleted += !bpf_map_delete_elem(map_fd, &list[i]);
	free(list);
	return deleted;
}

/* One that came back after its entry was deleted stands there twice: the growths are added up. */
static void join_doubles(struct usages *usages)
{
	size_t kept = 0;

	if (usages->n)
		qsort(usages->at, usages->n, sizeof(*usages->at), id_cmp);
	for (size_t i = 0; i < usages->n; i++) {
		const struct usage *usage = &usages->at[i];
		struct usage *into = kept ? &usages->at[kept - 1] : NULL;

		if (!into || id_cmp(into, usage)) {
			usages->at[kept++] = *usage;
			continue;
		}
		into->now.run_ns += usage->now.run_ns - usage->before.run_ns;
		into->now.utime_ns += usage->now.utime_ns - usage->before.utime_ns;
		into->now.stime_ns += usage->now.stime_ns - usage->before.stime_ns;
		into->ended |= usage->ended;
	}
	usages->n = kept;
}

/* More processes ran than the map holds: they take turns in it, and in the end the hottest stay. */
static int count_in_turns(struct hotness *hotness)
{
	struct hotness_bpf *bpf = hotness->bpf;
	int err = 0;

	hotness->crowded++;
	for (int i = 0; !err && bpf->bss->out_of_room && i < ROUNDS_AT_MOST && make_room(hotness); i++) {
		bpf->bss->out_of_room = false;
		err = count_running(hotness);
		if (!err)
			err = count_noted(hotness);
		if (!err)
			err = take_changes(hotness);
	}
	return err;
}

/*
 * What runs is counted before the window ends for those that note themselves: one that leaves its CPU in between
 * is still of this window.
 */
static int count_window(struct hotness *hotness)
{
	struct hotness_bpf *bpf = hotness->bpf;
	int err;

	bpf->bss->out_of_room = false;
	quiet_read("/sys", &hotness->quiet);
	err = count_running(hotness);
	bpf->data->window++;
	if (!err)
		err = count_noted(hotness);
	if (!err) /* of the windows before */
		err = run(hotness->lists_tasks ? bpf->progs.forget_ended : bpf->progs.forget_ended_unasked);
	if (!err)
		err = take_changes(hotness);
	if (!err && bpf->bss->out_of_room)
		err = count_in_turns(hotness);
	return err;
}

int hotness_window(struct hotness *hotness, const struct usage **usage, size_t *n, struct hotness_span *span)
{
	uint64_t crowded = hotness->crowded;
	int err;

	if (!hotness->failed) /* else what was taken so far is of this window too */
		hotness->usages.n = 0;
	err = count_window(hotness);
	if (hotness->failed || hotness->crowded != crowded)
		join_doubles(&hotness->usages);
	hotness->failed = err != 0;
	if (err)
		return err;
	*usage = hotness->usages.at;
	*n = hotness->usages.n;
	*span = (struct hotness_span){.began_ns = hotness->began_ns,
				      .ended_ns = hotness->bpf->bss->counted_ns};
	hotness->began_ns = span->ended_ns;
	return 0;
}

struct hotness_missed hotness_missed(const struct hotness *hotness)
{
	return (struct hotness_missed){
		.tasks = hotness->bpf->bss->losses.tasks,
		.threads = hotness->bpf->bss->losses.threads,
		.crowded = hotness->crowded,
		.capacity = bpf_map__max_entries(hotness->bpf->maps.process_hotness),
	};
}
