// SPDX-License-Identifier: GPL-2.0
#include "touch.h"

#include "clock.h"
#include "options.h"
#include "warm.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FLUSH_SIZE ((size_t)256 << 10)
#define FLUSH_S	   0.004 /* below DAMON's usual sampling interval */
#define RUN	   32	 /* accesses in one hot stretch before the next one's turn */
#define BATCH	   2048	 /* accesses that are timed together */
#define PERIOD_S   0.1

/* A thread's place in one hot stretch. */
struct cursor {
	char *first;
	uint64_t within;
	uint64_t step;
	uint64_t steps;
};

struct worker {
	_Alignas(128) _Atomic uint64_t accesses;
	_Atomic uint64_t batch_us[STALL_BUCKETS];
	struct cursor *cursors;
	size_t turn;
	uint64_t moves; /* for which the cursors are */
};

static const struct layout *layout;
static uint64_t heap;
static struct worker *workers;
static uint64_t page_stride;
static _Atomic uint64_t moves;
static _Atomic bool burning;
static pthread_mutex_t phase_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t phase_changed = PTHREAD_COND_INITIALIZER;

/* ---- the access loop ---- */

static void follow_moves(struct worker *me, uint64_t now_moved)
{
	for (size_t i = 0; i < layout->nr_hots; i++)
		me->cursors[i].first = (char *)(heap + layout_first_page(layout, i, now_moved));
	me->moves = now_moved;
}

static void make_cursors(struct worker *me)
{
	me->cursors = calloc(layout->nr_hots, sizeof(*me->cursors));
	if (!me->cursors)
		die(1, "no memory for a thread");
	for (size_t i = 0; i < layout->nr_hots; i++) {
		struct cursor *at = &me->cursors[i];

		at->steps = layout->hots[i].steps;
		at->step = coprime_step(at->steps);
		at->within = at->steps / opt.threads * (uint64_t)(me - workers);
	}
	follow_moves(me, 0);
}

/* No divisions, as they would be most of what an emulated CPU does. */
static void access_run(struct cursor *at)
{
	uint64_t within = at->within;

	for (int i = 0; i < RUN; i++) {
		/* Not always the same cache set. */
		char *address = at->first + within * page_stride + within % 64 * 64;

		(*(volatile uint64_t *)address)++;
		within += at->step;
		if (within >= at->steps)
			within -= at->steps;
	}
	at->within = within;
}

/* How many runs of accesses are due at once: all, or what --pass lets through by now. */
static int due_runs(const struct worker *me, double lasted_s)
{
	double due;

	if (opt.pass_s <= 0)
		return BATCH / RUN;
	due = lasted_s / opt.pass_s * (double)(layout_hot_bytes(layout) / PAGE / layout->sparse);
	due -= (double)atomic_load_explicit(&me->accesses, memory_order_relaxed);
	return due < RUN ? 0 : due < BATCH ? (int)due / RUN : BATCH / RUN;
}

static void access_batch(struct worker *me, int runs)
{
	uint64_t moved = atomic_load_explicit(&moves, memory_order_relaxed);

	if (moved != me->moves)
		follow_moves(me, moved);
	for (int i = 0; i < runs; i++) {
		access_run(&me->cursors[layout->turns[me->turn]]);
		if (++me->turn == layout->nr_turns)
			me->turn = 0;
	}
}

/* DAMON clears accessed bits without flushing the TLB, and an emulated TLB hardly
 * evicts: without this, memory in use would look idle. A range of more than 33
 * pages makes x86 flush it all, and its two ends suffice. They are of the thread's
 * stack, so the heap's VMA has no new neighbour. */
static void flush_tlb(char *scratch)
{
	*(volatile char *)scratch = 1;
	*(volatile char *)(scratch + FLUSH_SIZE - PAGE) = 1;
	madvise(scratch, FLUSH_SIZE, MADV_DONTNEED);
}

static void burn_cpu(void)
{
	for (volatile int i = 0; i < BATCH; i++)
		;
}

static void wait_for_heat(void)
{
	if (atomic_load_explicit(&burning, memory_order_relaxed))
		return;
	pthread_mutex_lock(&phase_lock);
	while (!atomic_load(&burning))
		pthread_cond_wait(&phase_changed, &phase_lock);
	pthread_mutex_unlock(&phase_lock);
}

/* Only its own thread writes a worker's numbers. */
static void add(_Atomic uint64_t *counter, uint64_t value)
{
	uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, old + value, memory_order_relaxed);
}

/* Returns the time of its end. What is done between the batches is not the target's stall. */
static double timed_batch(struct worker *me, int runs)
{
	double began = now();
	double ended;

	access_batch(me, runs);
	ended = now();
	add(&me->accesses, (uint64_t)runs * RUN);
	add(&me->batch_us[stalls_bucket((uint64_t)(later(ended - began, 0) * 1e6))], 1);
	return ended;
}

static void *work(void *arg)
{
	struct worker *me = arg;
	char stack[FLUSH_SIZE + PAGE];
	char *scratch = (char *)(((uintptr_t)stack + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
	double flushed = now();
	double period = flushed, began = flushed;
	uint64_t warm_page = 0;

	for (;;) {
		double t = now();
		int runs = layout->nr_hots ? due_runs(me, t - began) : 0;

		wait_for_heat();
		if (runs) {
			t = timed_batch(me, runs);
		} else {
			burn_cpu();
			t = now();
		}
		if (warm_is_due(t))
			warm_access(heap, &warm_page, BATCH);
		if (layout->nr_hots && t - flushed >= FLUSH_S) {
			flush_tlb(scratch);
			flushed = t;
		}
		if (opt.duty < 100 && t - period >= PERIOD_S * (double)opt.duty / 100) {
			period = later(period + PERIOD_S, t - PERIOD_S);
			sleep_until(period);
		}
	}
	return NULL;
}

/* ---- what others see ---- */

void start_thread(void *(*body)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, body, arg);
	if (error)
		die(1, "cannot start a thread: %s", strerror(error));
	pthread_attr_destroy(&attr);
}

void touch_start(const struct layout *given, uint64_t heap_start)
{
	layout = given;
	heap = heap_start;
	page_stride = layout->sparse * PAGE;
	workers = aligned_alloc(_Alignof(struct worker), opt.threads * sizeof(*workers));
	if (!workers)
		die(1, "no memory for the threads");
	memset(workers, 0, opt.threads * sizeof(*workers));
	for (uint64_t i = 0; i < opt.threads; i++) {
		make_cursors(&workers[i]);
		start_thread(work, &workers[i]);
	}
}

void touch_move(void)
{
	atomic_fetch_add(&moves, 1);
}

uint64_t touch_moves(void)
{
	return atomic_load(&moves);
}

void touch_set_burning(bool hot)
{
	pthread_mutex_lock(&phase_lock);
	atomic_store(&burning, hot && opt.duty > 0);
	pthread_cond_broadcast(&phase_changed);
	pthread_mutex_unlock(&phase_lock);
}

bool touch_is_burning(void)
{
	return atomic_load(&burning);
}

void touch_read(struct touched *touched)
{
	memset(touched, 0, sizeof(*touched));
	for (uint64_t i = 0; i < opt.threads; i++) {
		touched->accesses += atomic_load_explicit(&workers[i].accesses, memory_order_relaxed);
		for (size_t b = 0; b < STALL_BUCKETS; b++)
			touched->stalls.count[b] +=
				atomic_load_explicit(&workers[i].batch_us[b], memory_order_relaxed);
	}
}
