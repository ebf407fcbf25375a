/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTDAMON_BASE_SIGNALS_H
#define HOTDAMON_BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Not a hangup that is ignored, as by nohup: blocked, for the event loop to take it, it would come nevertheless. */
static inline bool signal_ends_us(int signo)
{
	struct sigaction action;

	return signo != SIGHUP || sigaction(signo, NULL, &action) || action.sa_handler != SIG_IGN;
}

#endif
