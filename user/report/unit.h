/* SPDX-License-Identifier: GPL-2.0 */
/* What to call a cgroup: systemd's unit, or the container. Pure. */
#ifndef HOTDAMON_REPORT_UNIT_H
#define HOTDAMON_REPORT_UNIT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The name of the cgroup at @path ("/system.slice/nginx.service"): "docker:0123456789ab" for a container
 * (also podman, containerd, crio), else the innermost service or scope ("nginx.service", "session-3.scope",
 * escapes undone), else the path itself, or its last part where that is long.
 */
void unit_of_cgroup(const char *path, char *out, size_t size);

/* Whether @path is @prefix or below it: "/a" holds "/a" and "/a/b", not "/ab". */
bool cgroup_is_below(const char *path, const char *prefix);

#endif
