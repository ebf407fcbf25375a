/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of host facts share: small files below a root, and the parts that host_facts_read() puts together.
 * Each part fills its facts of a @facts that is zeroed, and leaves what it cannot read unknown.
 */
#ifndef HOTDAMON_SENSE_HOST_READ_H
#define HOTDAMON_SENSE_HOST_READ_H

#include "sense/host.h"

#define HOST_TEXT_LEN 4096 /* of the files that are read whole; sysfs gives at most a page */

/* Of an errno or -errno: what is not there is NO, what is not for us to see is UNKNOWN. */
enum host_answer host_answer_of(int err);

/* A file below @root, whose path there is the formatted one. The readers return 0 or -errno; EBUSY is waited out. */
__attribute__((format(printf, 2, 3))) enum host_answer host_exists(const char *root, const char *format, ...);
/* Without its last newline. */
__attribute__((format(printf, 4, 5))) int host_read_text(char *text, size_t size, const char *root,
							 const char *format, ...);
/* One short word, cut to @size; "" when it cannot be read. */
__attribute__((format(printf, 4, 5))) int host_read_word(char *word, size_t size, const char *root,
							 const char *format, ...);
__attribute__((format(printf, 3, 4))) int host_read_int(long long *value, const char *root,
							const char *format, ...);

/*
 * Negative errno: what passes, as a want of memory; it tells nothing of the host.
 *
 * host_bpf.c: BTF and what it tells of the kernel, bpffs, and whether a program can be loaded. Needs facts->self.
 */
int host_bpf_read(const struct host_roots *roots, struct host_facts *facts);
/* host_damon.c: kdamonds, whose they are, and the modules in their way. */
int host_damon_read(const struct host_roots *roots, struct host_facts *facts);

#endif
