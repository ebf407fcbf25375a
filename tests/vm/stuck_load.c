// SPDX-License-Identifier: GPL-2.0
/*
 * A load that gets stuck: it holds the lock of its memory for as long as a server of files pleases, which is its own.
 *
 *   stuck_load DIR NAME MIB   mounts a file system on DIR, and reads MIB MiB of memory, named NAME. At SIGUSR1 it maps a
 *                             file of DIR whose dirty page has to be written first, and the server takes its time: until
 *                             SIGUSR2. Prints the pids of server and load.
 *
 * The file system has one file, /f. Who opens it first may cache it and writes back later; to who opens it then it is not
 * cached, so what is dirty is written when it is mapped, with the lock held.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB	   (1UL << 20)
#define PAGE	   4096UL
#define FILE_BYTES MIB
#define FOREVER	   1000000
#define FILE_NODE  2

static volatile sig_atomic_t told;
static char path[256];

static void tell(int signal)
{
	(void)signal;
	told = 1;
}

/* ---- the server ---- */

static void answer(int fuse, uint64_t unique, int err, const void *data, size_t bytes)
{
	static char buffer[sizeof(struct fuse_out_header) + FILE_BYTES];
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof(head) + bytes), .error = err, .unique = unique};

	memcpy(buffer, &head, sizeof(head));
	if (bytes)
		memcpy(buffer + sizeof(head), data, bytes);
	if (write(fuse, buffer, head.len) < 0)
		perror("stuck_load: answer");
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.mode = node == FILE_NODE ? S_IFREG | 0666 : S_IFDIR | 0777,
		.size = node == FILE_NODE ? FILE_BYTES : 0,
		.nlink = 1,
		.blksize = PAGE,
	};
}

static void answer_read(int fuse, uint64_t unique, const struct fuse_read_in *in)
{
	static const char nothing[FILE_BYTES];

	answer(fuse, unique, 0, nothing, in->size < sizeof(nothing) ? in->size : sizeof(nothing));
}

static void answer_write(int fuse, uint64_t unique, const struct fuse_write_in *in)
{
	struct fuse_write_out out = {.size = in->size};

	while (!told)
		pause();
	answer(fuse, unique, 0, &out, sizeof(out));
}

static void serve_one(int fuse, const struct fuse_in_header *head)
{
	static unsigned int opened;
	struct fuse_init_out init = {.major = 7,
				     .minor = 31,
				     .max_readahead = PAGE,
				     .flags = FUSE_WRITEBACK_CACHE,
				     .max_write = 16 * PAGE};
	struct fuse_entry_out entry = {.nodeid = FILE_NODE, .attr_valid = FOREVER, .entry_valid = FOREVER};
	struct fuse_attr_out attr = {.attr_valid = FOREVER, .attr = attributes(head->nodeid)};
	struct fuse_open_out open = {0};

	entry.attr = attributes(FILE_NODE);
	switch (head->opcode) {
	case FUSE_INIT:
		answer(fuse, head->unique, 0, &init, sizeof(init));
		return;
	case FUSE_LOOKUP:
		answer(fuse, head->unique, 0, &entry, sizeof(entry));
		return;
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		answer(fuse, head->unique, 0, &attr, sizeof(attr));
		return;
	case FUSE_OPEN:
		open.open_flags = opened++ ? FOPEN_DIRECT_IO | FOPEN_KEEP_CACHE : 0;
		answer(fuse, head->unique, 0, &open, sizeof(open));
		return;
	case FUSE_READ:
		answer_read(fuse, head->unique, (const void *)(head + 1));
		return;
	case FUSE_WRITE:
		answer_write(fuse, head->unique, (const void *)(head + 1));
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_FSYNC:
		answer(fuse, head->unique, 0, NULL, 0);
		return;
	default:
		answer(fuse, head->unique, -ENOSYS, NULL, 0);
	}
}

static int serve(int fuse)
{
	static union {
		struct fuse_in_header head;
		char room[2 * FILE_BYTES];
	} in;

	prctl(PR_SET_NAME, "stuck_server");
	signal(SIGUSR2, tell);
	for (;;) {
		if (read(fuse, &in, sizeof(in)) > 0)
			serve_one(fuse, &in.head);
		else if (errno != EINTR && errno != ENOENT && errno != EAGAIN)
			return errno != ENODEV;
	}
}

/* ---- the load ---- */

static void *get_stuck(void *arg)
{
	int first = open(path, O_RDWR), second;
	char *page;

	(void)arg;
	while (!told)
		usleep(10000);
	second = open(path, O_RDWR);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, first, 0);
	if (first < 0 || second < 0 || page == MAP_FAILED) {
		perror("stuck_load: its file");
		return NULL;
	}
	page[0] = 1;
	mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, second, 0);
	return NULL;
}

/* The other thread shows which of the two waits: this one never needs the lock. */
static void burn(const char *name, size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char sum = 0;
	pthread_t thread;

	if (memory == MAP_FAILED)
		_exit(1);
	memset(memory, 1, bytes);
	prctl(PR_SET_NAME, name);
	signal(SIGUSR1, tell);
	if (pthread_create(&thread, NULL, get_stuck, NULL))
		_exit(1);
	for (;;)
		for (size_t i = 0; i < bytes; i += PAGE)
			sum = (char)(sum + memory[i]);
}

static int mount_on(const char *dir)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	snprintf(path, sizeof(path), "%s/f", dir);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	if (fuse < 0 || (mkdir(dir, 0777) && errno != EEXIST) ||
	    mount("stuck", dir, "fuse", MS_NOSUID | MS_NODEV, options)) {
		perror("stuck_load: /dev/fuse");
		return -1;
	}
	return fuse;
}

int main(int argc, char **argv)
{
	pid_t server, load;
	int fuse;

	if (argc != 4) {
		fprintf(stderr, "usage: stuck_load DIR NAME MIB\n");
		return 2;
	}
	fuse = mount_on(argv[1]);
	if (fuse < 0)
		return 1;
	server = fork();
	if (!server)
		_exit(serve(fuse));
	close(fuse);
	load = fork();
	if (!load)
		burn(argv[2], strtoul(argv[3], NULL, 10) * MIB);
	printf("%d %d\n", server, load);
	return server < 0 || load < 0;
}
