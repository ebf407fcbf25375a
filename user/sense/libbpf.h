/* SPDX-License-Identifier: GPL-2.0 */
/* What all that use libbpf need beside it. No state of ours; one thread. */
#ifndef HOTDAMON_SENSE_LIBBPF_H
#define HOTDAMON_SENSE_LIBBPF_H

struct btf;

/*
 * Quiet libbpf unless HOTDAMON_DEBUG is set in the environment: its words are for developers, ours for
 * operators.
 */
void sense_quiet_libbpf(void);

/*
 * 0 if there are descriptors enough to load an object, else -EMFILE, -ENFILE, ... To be asked before: libbpf tries out what
 * the kernel has, takes a failure for "it has not", and ends with an error that names something else.
 */
int sense_has_room(void);

/*
 * Why an object of ours could not be opened, by errno: -ENOMEM for what libelf makes of it, which cannot find fault with what
 * is part of the program.
 */
int sense_open_err(void);

/* The kernel's BTF, for btf__free(); 0 or the true -errno, which btf__load_vmlinux_btf() makes -ESRCH. */
int sense_kernel_btf(struct btf **out);

#endif
