/* SPDX-License-Identifier: GPL-2.0 */
/* The map of the heat, beside the status: for `hotdamon map`. */
#ifndef HOTDAMON_DAEMON_MAPPING_H
#define HOTDAMON_DAEMON_MAPPING_H

#include "daemon/setup.h"

/*
 * Writes it, if the executor knows one. @last_err is of the last call, 0 at first, and a failure is said once. Returns 0 or
 * negative errno.
 */
int mapping_publish(const struct setup *setup, const struct watch *watch, int last_err);

#endif
