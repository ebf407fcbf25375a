// SPDX-License-Identifier: GPL-2.0
#include "cm.h"

#include <string.h>

#include "decide/service.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD   "0f5e6c1a-77b2-4d0c-9d7e-3a1f2b4c5d6e"
#define POD_U "0f5e6c1a_77b2_4d0c_9d7e_3a1f2b4c5d6e"
#define USER  "/user.slice/user-1000.slice/"

/* As systemd, docker, podman, kubelet and others make them, with the name first. */
static void test_units(void **state)
{
	static const struct {
		const char *name, *path;
		int own;
	} cases[] = {
		{"nginx.service", "/system.slice/nginx.service", 1},
		{"getty@tty1.service", "/system.slice/system-getty.slice/getty@tty1.service", 1},
		{"postgresql@15-main.service",
		 "/system.slice/system-postgresql.slice/postgresql@15-main.service", 1},
		{"postgresql.service", "/system.slice/postgresql.service/worker", 1}, /* delegated */
		{"gnome.scope", USER "user@1000.service/app.slice/gnome.scope", 1},
		{"pipewire.service", USER "user@1000.service/session.slice/pipewire.service", 1},
		{"app-flatpak-org.x.Y-12.scope",
		 USER "user@1000.service/app.slice/app-flatpak-org.x.Y-12.scope", 1},
		{"run-u7.service", "/system.slice/run-u7.service", 1},
		{"mnt-data.mount", "/system.slice/mnt-data.mount", 1},
		{"cups.socket", "/system.slice/cups.socket", 1},
		{"machine-qemu-1-web.scope",
		 "/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator", 1},
		{"systemd-nspawn@box.service", "/machine.slice/systemd-nspawn@box.service/payload", 1},
		{"dev-disk-a@.service", "/system.slice/dev\\x2ddisk-a\\x40.service", 1},
		{"not\\x00cut.service", "/system.slice/not\\x00cut.service", 1},
		{"odd\\x.service", "/system.slice/odd\\x.service", 1},
		{"nginx.service", "/../../system.slice/nginx.service", 1}, /* seen from another namespace */
		{"session-3.scope", USER "session-3.scope", 0},
		{"session-c1.scope", USER "session-c1.scope", 0},
		{"init.scope", USER "user@1000.service/init.scope", 0},
		{"user@1000.service", USER "user@1000.service", 0},
		{"init.scope", "/init.scope", 0},
	};
	struct service service;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		service_of_cgroup(cases[i].path, &service);
		assert_string_equal(service.name, cases[i].name);
		assert_string_equal(service_unit(&service), cases[i].name);
		assert_string_equal(service_container(&service), "");
		assert_int_equal(service.own, cases[i].own);
	}
}

static void test_containers(void **state)
{
	static const char *const cases[][3] = {
		{"docker:0123456789ab", "", "/system.slice/docker-" ID ".scope"},
		{"docker:0123456789ab", "", "/system.slice/docker-" ID ".scope/system.slice/nginx.service"},
		{"docker:0123456789ab", "", "/docker/" ID},
		{"docker:0123456789ab", "", "/docker/" ID "/init"},
		{"docker:0123456789ab", "", USER "user@1000.service/user.slice/docker-" ID ".scope"},
		{"podman:0123456789ab", "", "/machine.slice/libpod-" ID ".scope/container"},
		{"podman:0123456789ab", "",
		 USER "user@1000.service/user.slice/libpod-" ID ".scope/container"},
		{"podman:0123456789ab", "", "/system.slice/web.service/libpod-payload-" ID},
		{"podman:0123456789ab", "", "/libpod_parent/libpod-" ID},
		{"conmon:0123456789ab", "", "/machine.slice/libpod-conmon-" ID ".scope"},
		{"conmon:0123456789ab", "", "/system.slice/crio-conmon-" ID ".scope"},
		{"nerdctl:0123456789ab", "", "/system.slice/nerdctl-" ID ".scope"},
		{"container:0123456789ab", "", "/ecs/6f1d9d0a7c3e4b/" ID},
		{"containerd:0123456789ab", POD,
		 "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_U
		 ".slice/cri-containerd-" ID ".scope"},
		{"containerd:0123456789ab", POD,
		 "/kubepods.slice/kubepods-pod" POD_U ".slice/cri-containerd-" ID ".scope"}, /* guaranteed */
		{"crio:0123456789ab", POD,
		 "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_U ".slice/crio-" ID
		 ".scope/container"},
		{"docker:0123456789ab", POD,
		 "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_U ".slice/docker-" ID
		 ".scope"},
		{"container:0123456789ab", POD, "/kubepods/besteffort/pod" POD "/" ID}, /* cgroupfs */
		{"container:0123456789ab", "0123456789abcdef0123456789abcdef",		/* a static pod */
		 "/kubepods/burstable/pod0123456789abcdef0123456789abcdef/" ID},
		{"containerd:0123456789ab", POD,
		 "/system.slice/containerd.service/kubepods-besteffort-pod" POD_U
		 ".slice:cri-containerd:" ID},
		{"containerd:0123456789ab", POD,
		 "/docker/ffff456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/kubelet.slice/"
		 "kubelet-kubepods.slice/kubelet-kubepods-pod" POD_U ".slice/cri-containerd-" ID
		 ".scope"}, /* kind */
		{"lxc:web", "", "/lxc.payload.web/system.slice/nginx.service"},
		{"lxc:web", "", "/lxc/web"},
	};
	struct service service;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		service_of_cgroup(cases[i][2], &service);
		assert_string_equal(service.name, cases[i][0]);
		assert_string_equal(service_container(&service), cases[i][0]);
		assert_string_equal(service.pod, cases[i][1]);
		assert_string_equal(service_unit(&service), "");
		assert_true(service.own);
	}
}

/* Neither: somebody made it by hand, or with another tool; or there is nothing to know. */
static void test_others(void **state)
{
	static const struct {
		const char *name, *path;
		int own;
	} cases[] = {
		{"/", "/", 0},
		{"", "", 0},
		{"/a/b", "/a/b", 1},
		{"user.slice", "/user.slice", 0},
		{"somebody", "/a/rather/long/path/of/somebody", 1},
		{"somebody", "/a/rather/long/path/of/somebody/", 1},
		{"/.service", "/.service", 1}, /* no name before it */
		{"x" ID, "/x" ID, 1},	       /* 65 characters are no id */
		{"/lxc", "/lxc", 1},
		{"/pod1/kubepods", "/pod1/kubepods", 1},
	};
	struct service service;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		service_of_cgroup(cases[i].path, &service);
		assert_string_equal(service.name, cases[i].name);
		assert_string_equal(service_unit(&service), "");
		assert_string_equal(service_container(&service), "");
		assert_int_equal(service.own, cases[i].own);
	}
}

static void test_long(void **state)
{
	char path[500] = "/system.slice/";
	struct service service;

	(void)state;
	memset(path + strlen(path), 'x', 300);
	strcpy(path + 314, ".service");
	service_of_cgroup(path, &service);
	assert_int_equal(strlen(service.name), SERVICE_NAME_LEN - 1);
	assert_true(service.own);
	strcpy(path, "/");
	memset(path + 1, 'e', 300);
	strcpy(path + 301, "-" ID ".scope");
	service_of_cgroup(path, &service);
	assert_int_equal(strlen(service_container(&service)), SERVICE_NAME_LEN - 1);
	memset(path, 'p', sizeof(path));
	strcpy(path + 300, "/kubepods-pod" ID "/" ID);
	service_of_cgroup(path, &service);
	assert_string_equal(service.pod, ""); /* too long for one */
}

static uint64_t key(const char *path, const char *comm, uint32_t uid)
{
	struct service service;

	service_of_cgroup(path, &service);
	return service_key(&service, comm, uid);
}

/* What is one service, and what are two. */
static void test_keys(void **state)
{
	const char *session = USER "session-3.scope", *other = USER "session-4.scope";

	(void)state;
	assert_true(key("/system.slice/a.service", "x", 1) == key("/system.slice/a.service/b/c", "y", 2));
	assert_true(key("/system.slice/a.service", "x", 1) != key("/system.slice/b.service", "x", 1));
	assert_true(key("/x.slice/a.service", "x", 1) != key("/system.slice/a.service", "x", 1));
	assert_true(key("/docker/" ID, "x", 1) == key("/docker/" ID "/system.slice/a.service", "y", 2));
	assert_true(key(session, "make", 1) == key(session, "make", 1));
	assert_true(key(session, "make", 1) == key(other, "make", 1));
	assert_true(key(session, "make", 1) == key("/", "make", 1));
	assert_true(key(session, "make", 1) != key(session, "cc1", 1));
	assert_true(key(session, "make", 1) != key(session, "make", 2));
	assert_true(key("", "", 0) != 0);
	assert_true(service_key_alone((struct process_id){1, 2}) ==
		    service_key_alone((struct process_id){1, 2}));
	assert_true(service_key_alone((struct process_id){1, 2}) !=
		    service_key_alone((struct process_id){1, 3}));
	assert_true(service_key_alone((struct process_id){1, 2}) !=
		    service_key_alone((struct process_id){2, 2}));
}

static void test_name_of_process(void **state)
{
	static const char *const cases[][3] = {
		{"/system.slice/tomcat.service", "java (4256) of tomcat.service", "tomcat.service"},
		{"/docker/" ID, "java (4256) of docker:0123456789ab", "docker:0123456789ab"},
		{USER "session-3.scope", "java (4256) of alice", "java of alice"},
		{"/", "java (4256) of alice", "java of alice"},
		{"", "java (4256) of alice", "java of alice"},
	};
	struct whose whose = {.user = "alice"};
	char name[WHOSE_NAME_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		service_of_cgroup(cases[i][0], &whose.service);
		whose_name("java", 4256, &whose, name);
		assert_string_equal(name, cases[i][1]);
		whose_service("java", &whose, name);
		assert_string_equal(name, cases[i][2]);
	}
	whose.user[0] = '\0';
	whose_name("java", 4256, &whose, name);
	assert_string_equal(name, "java (4256)");
	whose_service("java", &whose, name);
	assert_string_equal(name, "java");
}

static void test_below(void **state)
{
	static const struct {
		const char *path, *prefix;
		int below;
	} cases[] = {
		{"/a", "/a", 1},   {"/a/b", "/a", 1}, {"/a/b", "/a/", 1}, {"/ab", "/a", 0},
		{"/a", "/a/b", 0}, {"/a/b", "a", 1},  {"/a", "/", 1},	  {"/", "/", 1},
		{"/", "/a", 0},	   {"", "/a", 0},     {"/a/b", "/b", 0},  {"/a", "", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(cgroup_is_below(cases[i].path, cases[i].prefix), cases[i].below);
}

static void test_by_a_word(void **state)
{
	static const struct {
		const char *word, *path, *comm;
		enum service_match match;
	} cases[] = {
		{"nginx", "/system.slice/nginx.service", "nginx", SERVICE_BY_NAME},
		{"nginx.service", "/system.slice/nginx.service", "worker", SERVICE_BY_NAME},
		{"ngin", "/system.slice/nginx.service", "worker", SERVICE_IS_OTHER},
		{"worker", "/system.slice/nginx.service", "worker", SERVICE_BY_COMM},
		{"nginx.socket", "/system.slice/nginx.service", "nginx", SERVICE_IS_OTHER},
		{"session-3", "/user.slice/session-3.scope", "sh", SERVICE_IS_OTHER},
		{"session-3.scope", "/user.slice/session-3.scope", "sh", SERVICE_BY_NAME},
		{"docker:0123456789ab", "/docker/" ID, "java", SERVICE_BY_NAME},
		{"docker:0123", "/docker/" ID, "java", SERVICE_BY_NAME},
		{"0123", "/docker/" ID, "java", SERVICE_BY_NAME},
		{ID, "/docker/" ID, "java", SERVICE_BY_NAME},
		{"0123456789abcde", "/docker/" ID, "java", SERVICE_BY_NAME},
		{"0123456789abcdf", "/docker/" ID, "java", SERVICE_IS_OTHER},
		{"012", "/docker/" ID, "java", SERVICE_IS_OTHER}, /* too little */
		{"012x", "/docker/" ID, "java", SERVICE_IS_OTHER},
		{"podman:0123", "/docker/" ID, "java", SERVICE_IS_OTHER},
		{POD, "/kubepods/burstable/pod" POD "/" ID, "java", SERVICE_BY_NAME},
		{"/system.slice", "/system.slice/nginx.service", "nginx", SERVICE_BY_NAME},
		{"/system", "/system.slice/nginx.service", "nginx", SERVICE_IS_OTHER},
		{"/", "", "nginx", SERVICE_IS_OTHER}, /* its cgroup is not known */
		{"/x", "/", "/x", SERVICE_IS_OTHER},
		{"", "", "", SERVICE_IS_OTHER},
		{"java", "", "java", SERVICE_BY_COMM},
	};
	struct service service;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		service_of_cgroup(cases[i].path, &service);
		if (service_match(cases[i].word, &service, cases[i].path, cases[i].comm) != cases[i].match)
			fail_msg("'%s' of %s (%s)", cases[i].word, cases[i].path, cases[i].comm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),  cmocka_unit_test(test_containers),
		cmocka_unit_test(test_others), cmocka_unit_test(test_long),
		cmocka_unit_test(test_keys),   cmocka_unit_test(test_name_of_process),
		cmocka_unit_test(test_below),  cmocka_unit_test(test_by_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
