// SPDX-License-Identifier: GPL-2.0
#include "sim/print.h"

#include <inttypes.h>
#include <stdio.h>

static void print_load(const struct run_spec *spec, const struct run_result *result)
{
	printf("%s: %" PRIu64 " MiB, %" PRIu64 " hot, %.3g accesses a second%s, %g s, seed %" PRIu64 "\n",
	       spec->load, bytes_to_mib(result->heap.mem_bytes), bytes_to_mib(result->hot_bytes),
	       result->heap.accesses_per_s, result->heap.sweeps ? " in turns" : "", spec->lasts_s,
	       spec->seed);
}

static void print_reached(const struct run_result *result)
{
	printf("  accesses on huge pages:");
	for (size_t i = 0; i < RUN_SHARES; i++) {
		printf("%s %g %%", i ? "," : "", run_shares[i] * 100);
		if (result->reached_s[i] < 0)
			printf(" never");
		else
			printf(" after %.1f s", result->reached_s[i]);
	}
	if (result->heap.move_ns && result->regained_s < 0)
		printf("; after a move 90 %% were not regained");
	else if (result->heap.move_ns)
		printf("; regained 90 %% at most %.1f s after a move", result->regained_s);
	printf("\n");
}

static void print_moment(const char *when, const struct run_moment *moment)
{
	printf("  %s: %.0f %% of the accesses, %.0f %% of the hot memory huge, %" PRIu64
	       " MiB cold made huge\n",
	       when, moment->share_pct, moment->hot_huge_pct, bytes_to_mib(moment->cold_bytes));
}

static void print_moments(const struct run_spec *spec, const struct run_result *result)
{
	for (size_t i = 0; i < spec->n_at && spec->at_s[i] < spec->lasts_s; i++) {
		char when[32];

		snprintf(when, sizeof(when), "at %g s", spec->at_s[i]);
		print_moment(when, &result->at[i]);
	}
	print_moment("at the end", &result->end);
}

static void print_watching(const struct run_spec *spec, const struct run_result *result)
{
	printf("  watching: %" PRIu64
	       " pages checked, %.0f regions on average, %.2f %% of a CPU at %g ns a page (%.2f at the end), "
	       "samples of %g ms in %g ms at the end\n",
	       result->pages_checked, result->regions, result->kdamond_pct, spec->sample_ns,
	       result->last_kdamond_pct, (double)result->sample_us / 1000, (double)result->aggr_us / 1000);
}

void print_run(const struct run_spec *spec, const struct run_result *result, double cpu_s)
{
	print_load(spec, result);
	print_reached(result);
	print_moments(spec, result);
	print_watching(spec, result);
	printf("  end: %s: %s (%" PRIu64 " collapses, %" PRIu64 " of %" PRIu64 " MiB hot huge)\n",
	       descent_state_name(result->state), result->reason, result->collapses,
	       bytes_to_mib(result->hot_huge_bytes), bytes_to_mib(result->hot_bytes));
	printf("  simulated in %.2f s of CPU\n", cpu_s);
}
