/* SPDX-License-Identifier: GPL-2.0 */
/* Whether /proc hides the processes of one user from the others: then what we tell of them is not for everybody either. */
#ifndef HOTDAMON_SENSE_HIDEPID_H
#define HOTDAMON_SENSE_HIDEPID_H

#include <stdbool.h>

/* As init sees it, or where that cannot be told, we: by mountinfo. It does not where that cannot be read either. */
bool hidepid_read(const char *proc_root);

/* By the text of mountinfo: "24 1 0:22 / /proc rw - proc proc rw,hidepid=invisible". Of several, the last one is on top. */
bool hidepid_of_mounts(const char *text);

#endif
