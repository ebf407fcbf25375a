/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOTDAMON_BASE_EXIT_STATUS_H
#define HOTDAMON_BASE_EXIT_STATUS_H

/* Exit statuses, part of the contract of the command line. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* failed while running */
	EXIT_USAGE = 2,	 /* wrong option or value; nothing was changed */
	EXIT_HOST = 3,	 /* this host lacks what is needed, and `hotdamon check` says what */
};

#endif
