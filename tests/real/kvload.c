// SPDX-License-Identifier: GPL-2.0
/*
 * A load for redis and memcached: sets keys of 1 kB, or gets them, by a spread of choice, over a few connections with
 * several requests under way on each. It waits for the server to be there and loaded. Tells every 5 s how many gets
 * there were in a second, and for how long at most a connection waited for its answers.
 */
#include "../workload/clock.h"
#include "../workload/stalls.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VALUE_BYTES   1000
#define SILENCE_MS    20000 /* without any answer: a key is missing, or the server hangs */
#define WAIT_S	      60
#define MAX_CONNS     64
#define MAX_DEPTH     256
#define REQUEST_BYTES 64
#define FILL_BATCH    100
#define THETA	      0.99 /* of the zipf distribution, as YCSB has it */

enum spread { FILL, ZIPF, UNIFORM };
static const char *const spread_names[] = {"fill", "zipf", "uniform"};

struct options {
	bool memcached;
	enum spread spread;
	int port;
	uint64_t first, n_keys; /* the keys from first on: they were set one after the other */
	int n_conns, depth;
	double seconds;
};

/* Of the zipf distribution over n ranks: Gray et al., "Quickly generating billion-record synthetic databases". */
struct zipf {
	double n, zeta, alpha, eta;
};

struct load {
	struct options options;
	struct zipf zipf;
	uint64_t random;
	uint64_t n_done;
	struct pollfd conns[MAX_CONNS];
	long lines_due[MAX_CONNS]; /* line ends of answers that are still to come */
	double asked[MAX_CONNS];   /* when */
	double longest;		   /* seconds that a connection waited for its answers, since it was told */
	struct stalls answers;	   /* how long one of all that is under way on a connection took */
};

/* xorshift64 */
static uint64_t random_next(struct load *l)
{
	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	return l->random;
}

static struct zipf zipf_make(uint64_t n)
{
	struct zipf z = {.n = (double)n, .alpha = 1 / (1 - THETA)};

	for (uint64_t i = 1; i <= n; i++)
		z.zeta += 1 / pow((double)i, THETA);
	z.eta = (1 - pow(2 / z.n, 1 - THETA)) / (1 - (1 + pow(0.5, THETA)) / z.zeta);
	return z;
}

/* u: 0 to 1. Returns a rank below n, 0 the most frequent. */
static uint64_t zipf_rank(const struct zipf *z, double u)
{
	double rank;

	if (u * z->zeta < 1)
		return 0;
	rank = z->n * pow(z->eta * u - z->eta + 1, z->alpha);
	return rank < z->n - 1 ? (uint64_t)rank : (uint64_t)z->n - 1;
}

/* Ranks lie scattered over the keys, as in a real store: a prime times the rank goes through all of them. */
static uint64_t key_pick(struct load *l)
{
	const struct options *o = &l->options;

	if (o->spread == UNIFORM)
		return o->first + random_next(l) % o->n_keys;
	return o->first +
	       zipf_rank(&l->zipf, (double)(random_next(l) >> 11) / 0x1p53) * 2654435761ULL % o->n_keys;
}

static size_t put_get(struct load *l, char *text)
{
	unsigned long long key = key_pick(l);

	if (l->options.memcached)
		return (size_t)sprintf(text, "get key:%012llu\r\n", key);
	return (size_t)sprintf(text, "*2\r\n$3\r\nGET\r\n$16\r\nkey:%012llu\r\n", key);
}

static size_t put_set(const struct options *o, unsigned long long key, char *text)
{
	size_t n;

	if (o->memcached)
		n = (size_t)sprintf(text, "set key:%012llu 0 0 %d\r\n", key, VALUE_BYTES);
	else
		n = (size_t)sprintf(text, "*3\r\n$3\r\nSET\r\n$16\r\nkey:%012llu\r\n$%d\r\n", key,
				    VALUE_BYTES);
	memset(text + n, 'x', VALUE_BYTES);
	memcpy(text + n + VALUE_BYTES, "\r\n", 2);
	return n + VALUE_BYTES + 2;
}

static bool send_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t sent = write(fd, text, n);

		if (sent <= 0)
			return false;
		text += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* Counts the line ends of what has come; -1: the connection is at its end. */
static long lines_take(int fd)
{
	static char text[1 << 18];
	ssize_t n = read(fd, text, sizeof(text));
	long lines = 0;

	if (n <= 0)
		return -1;
	for (ssize_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

static int connect_to(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A server that still reads its data answers with an error. */
static bool is_ready(const struct options *o)
{
	const char *ask = o->memcached ? "version\r\n" : "*1\r\n$4\r\nPING\r\n";
	const char *want = o->memcached ? "VERSION" : "+PONG";
	char answer[256] = "";
	int fd = connect_to(o->port);
	bool ready;

	if (fd < 0)
		return false;
	ready = send_all(fd, ask, strlen(ask)) && read(fd, answer, sizeof(answer) - 1) > 0 &&
		strncmp(answer, want, strlen(want)) == 0;
	close(fd);
	return ready;
}

static bool wait_ready(const struct options *o)
{
	double end = now() + WAIT_S;

	while (!is_ready(o)) {
		if (now() > end)
			return false;
		sleep_until(now() + 0.1);
	}
	return true;
}

/* Sets all keys in their order, a batch at a time, each answered with one line. */
static bool fill(const struct options *o)
{
	static char text[FILL_BATCH * (VALUE_BYTES + 2 * REQUEST_BYTES)];
	int fd = connect_to(o->port);

	for (uint64_t i = 0; fd >= 0 && i < o->n_keys;) {
		size_t n = 0;
		long due = 0;

		for (; due < FILL_BATCH && i < o->n_keys; due++, i++)
			n += put_set(o, o->first + i, text + n);
		if (!send_all(fd, text, n))
			return false;
		while (due > 0) {
			long lines = lines_take(fd);

			if (lines < 0)
				return false;
			due -= lines;
		}
	}
	close(fd);
	return fd >= 0;
}

/* Values have no line ends: an answer of redis has two, one of memcached three. All keys must be there. */
static long lines_per_get(const struct options *o)
{
	return o->memcached ? 3 : 2;
}

static bool ask(struct load *l, int conn)
{
	static char text[MAX_DEPTH * REQUEST_BYTES];
	size_t n = 0;

	for (int i = 0; i < l->options.depth; i++)
		n += put_get(l, text + n);
	l->lines_due[conn] = l->options.depth * lines_per_get(&l->options);
	l->asked[conn] = now();
	return send_all(l->conns[conn].fd, text, n);
}

static bool connect_all(struct load *l)
{
	for (int i = 0; i < l->options.n_conns; i++) {
		l->conns[i] = (struct pollfd){.fd = connect_to(l->options.port), .events = POLLIN};
		if (l->conns[i].fd < 0 || !ask(l, i))
			return false;
	}
	return true;
}

static bool answer_take(struct load *l, int conn)
{
	long lines = lines_take(l->conns[conn].fd);

	if (lines < 0)
		return false;
	l->lines_due[conn] -= lines;
	if (l->lines_due[conn] > 0)
		return true;
	l->n_done += (uint64_t)l->options.depth;
	l->longest = later(l->longest, now() - l->asked[conn]);
	l->answers.count[stalls_bucket((uint64_t)((now() - l->asked[conn]) * 1e6))]++;
	return ask(l, conn);
}

/* A line each 5 s, so that a script sees that it goes on, and one at the end. */
static bool get(struct load *l)
{
	double began = now(), told = began;
	uint64_t n_told = 0;

	if (!connect_all(l))
		return false;
	while (now() - began < l->options.seconds) {
		if (poll(l->conns, (nfds_t)l->options.n_conns, SILENCE_MS) <= 0)
			return false;
		for (int i = 0; i < l->options.n_conns; i++)
			if (l->conns[i].revents && !answer_take(l, i))
				return false;
		if (now() - told < 5)
			continue;
		printf("gets_per_s %.0f longest_ms %.0f\n", (double)(l->n_done - n_told) / (now() - told),
		       l->longest * 1e3);
		fflush(stdout);
		l->longest = 0;
		told = now();
		n_told = l->n_done;
	}
	printf("all_gets %llu seconds %.3f p50_us %llu p99_us %llu longest_us %llu\n",
	       (unsigned long long)l->n_done, now() - began, (unsigned long long)stalls_us(&l->answers, 500),
	       (unsigned long long)stalls_us(&l->answers, 990),
	       (unsigned long long)stalls_us(&l->answers, 1000));
	return true;
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: kvload --kind redis|memcached --load fill|zipf|uniform --keys N [--first N]\n"
			"              [--port N] [--conns N] [--depth N] [--seconds S]\n");
	exit(2);
}

static long number(const char *text, long least, long most)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || end == text || value < least || value > most)
		usage();
	return value;
}

static enum spread spread_of(const char *name)
{
	for (int i = 0; i <= UNIFORM; i++)
		if (strcmp(name, spread_names[i]) == 0)
			return (enum spread)i;
	usage();
}

static struct options take_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"kind", required_argument, NULL, 'k'},
		{"load", required_argument, NULL, 'l'},
		{"keys", required_argument, NULL, 'n'},
		{"first", required_argument, NULL, 'f'},
		{"port", required_argument, NULL, 'p'},
		{"conns", required_argument, NULL, 'c'},
		{"depth", required_argument, NULL, 'd'},
		{"seconds", required_argument, NULL, 's'},
		{0},
	};
	struct options o = {.n_keys = 0, .n_conns = 8, .depth = 16, .seconds = 1e9, .spread = ZIPF};
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (option) {
		case 'k':
			o.memcached = strcmp(optarg, "memcached") == 0;
			if (!o.memcached && strcmp(optarg, "redis") != 0)
				usage();
			break;
		case 'l':
			o.spread = spread_of(optarg);
			break;
		case 'n':
			o.n_keys = (uint64_t)number(optarg, 2, 1L << 38);
			break;
		case 'f':
			o.first = (uint64_t)number(optarg, 0, 1L << 38);
			break;
		case 'p':
			o.port = (int)number(optarg, 1, 65535);
			break;
		case 'c':
			o.n_conns = (int)number(optarg, 1, MAX_CONNS);
			break;
		case 'd':
			o.depth = (int)number(optarg, 1, MAX_DEPTH);
			break;
		case 's':
			o.seconds = (double)number(optarg, 1, 1L << 30);
			break;
		default:
			usage();
		}
	if (optind < argc || o.n_keys == 0)
		usage();
	if (o.port == 0)
		o.port = o.memcached ? 11211 : 6379;
	return o;
}

int main(int argc, char **argv)
{
	static struct load l = {.random = 88172645463325252ULL};

	l.options = take_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (!wait_ready(&l.options)) {
		fprintf(stderr, "kvload: no server answers on port %d within %d s\n", l.options.port, WAIT_S);
		return 1;
	}
	l.zipf = zipf_make(l.options.n_keys);
	if (l.options.spread == FILL ? fill(&l.options) : get(&l))
		return 0;
	fprintf(stderr,
		"kvload: the server closed the connection, or answers no more: are all keys there?\n");
	return 1;
}
