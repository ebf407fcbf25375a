// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into hotdamon, it leaves out the programs at a task's exit and exec: as a kernel does now and then that
 * lets a tracepoint's program be preempted, here for every task. For exits_are_skipped of tests/bpf/run.
 */
#include <bpf/libbpf.h>
#include <dlfcn.h>

typedef int (*attach_function)(struct bpf_object_skeleton *skeleton);

int bpf_object__attach_skeleton(struct bpf_object_skeleton *skeleton)
{
	attach_function real = (attach_function)dlsym(RTLD_NEXT, "bpf_object__attach_skeleton");
	static const char *const skipped[] = {"on_exit", "on_exec"};

	for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(*skeleton->obj, skipped[i]);

		if (program)
			bpf_program__set_autoattach(program, false);
	}
	return real(skeleton);
}
