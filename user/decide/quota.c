// SPDX-License-Identifier: GPL-2.0
#include "decide/quota.h"

#include <inttypes.h>

#include "decide/reason.h"

void quota_start(struct quota *quota, const struct quota_config *config)
{
	*quota = (struct quota){.ms = config->ms, .reset_ms = config->reset_ms, .factor = 1};
}

/*
 * How many times longer windows must be for QUOTA_FITTING_BYTES to fit into one of them; @bytes fit
 * into the present ones.
 */
static uint64_t fitting_factor(const struct quota *quota, const struct quota_config *config, uint64_t bytes)
{
	uint64_t wanted = quota->factor * ((QUOTA_FITTING_BYTES + bytes - 1) / bytes);
	uint64_t most = QUOTA_MAX_RESET_MS / config->reset_ms;

	return wanted < most ? wanted : most;
}

static bool widen(struct quota *quota, const struct quota_config *config, uint64_t bytes, uint64_t now_ns)
{
	uint64_t factor = fitting_factor(quota, config, bytes);

	if (factor <= quota->factor)
		return false;
	reason_write(quota->reason,
		     "its quota of %" PRIu64 " ms per %" PRIu64 " ms lets only %" PRIu64
		     " KiB through, too little for huge pages: %" PRIu64 " ms per %" PRIu64
		     " ms instead, the same share",
		     quota->ms, quota->reset_ms, bytes / 1024, config->ms * factor,
		     config->reset_ms * factor);
	quota->factor = factor;
	quota->ms = config->ms * factor;
	quota->widening = true;
	quota->widened_ns = now_ns;
	return true;
}

bool quota_step(struct quota *quota, const struct quota_config *config, uint64_t effective_bytes,
		uint64_t now_ns)
{
	if (!config->ms)
		return false;
	if (quota->widening) {
		if (now_ns - quota->widened_ns < quota->reset_ms * NS_PER_MS)
			return false;
		quota->widening = false;
		quota->reset_ms = config->reset_ms * quota->factor;
		return true;
	}
	if (!effective_bytes || effective_bytes >= QUOTA_LEAST_BYTES)
		return false;
	return widen(quota, config, effective_bytes, now_ns);
}
