// SPDX-License-Identifier: GPL-2.0
#include "daemon/metrics_server.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/dir.h"
#include "base/units.h"

#define CONNECTIONS	  16 /* at a time; what is above waits in the kernel's queue */
#define REQUEST_MAX_BYTES (32 * 1024)
#define SILENCE_S	  5U
#define CONNECTION_NS	  (10 * NS_PER_S) /* however little by little it sends or takes */

struct connection {
	int fd; /* negative: none */
	uint64_t since_ns;
};

struct metrics_server {
	struct address address;
	struct MHD_Daemon *http;
	pthread_mutex_t lock;			     /* of all below: the thread of @http has it too */
	struct MHD_Response *texts[METRICS_FORMATS]; /* NULL: none yet */
	struct connection connections[CONNECTIONS];
};

/* ---- the thread of HTTP ---- */

static enum MHD_Result answer_words(struct MHD_Connection *connection, unsigned int status, const char *words)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(words), (void *)(uintptr_t)words, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_metrics(struct metrics_server *server, struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	enum MHD_Result result = MHD_NO;
	bool ready;

	pthread_mutex_lock(&server->lock);
	ready = server->texts[METRICS_OPEN];
	if (ready) /* which keeps it for as long as it is sent */
		result = MHD_queue_response(connection, MHD_HTTP_OK, server->texts[metrics_accepted(accept)]);
	pthread_mutex_unlock(&server->lock);
	return ready ? result
		     : answer_words(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "There are no values yet.\n");
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *body, size_t *body_len,
				  void **begun)
{
	static int marks_begun;

	(void)version;
	(void)body;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD)) {
		*body_len = 0;
		return answer_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				    "Only GET and HEAD are known.\n");
	}
	if (!*begun) { /* the headers are there, and a body may follow, which is not wanted */
		*begun = &marks_begun;
		return MHD_YES;
	}
	if (*body_len) {
		*body_len = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics"))
		return answer_words(connection, MHD_HTTP_NOT_FOUND,
				    "The metrics of hotdamon are at /metrics.\n");
	return answer_metrics(arg, connection);
}

/* NULL: that cannot be. */
static struct connection *take_in(struct metrics_server *server, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	for (unsigned int i = 0; i < CONNECTIONS; i++) {
		struct connection *known = &server->connections[i];

		if (known->fd >= 0)
			continue;
		*known = (struct connection){info->connect_fd, clock_boot_ns()};
		return known;
	}
	return NULL;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct metrics_server *server = arg;
	struct connection *known = *context;

	pthread_mutex_lock(&server->lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*context = take_in(server, connection);
	else if (known) /* before its descriptor is closed */
		known->fd = -1;
	pthread_mutex_unlock(&server->lock);
}

/* ---- the socket ---- */

/* Whether the socket at @address has nobody who listens: it was left there. */
static bool is_left(const struct address *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); /* its queue may be full */
	bool left;

	if (fd < 0)
		return false;
	left = connect(fd, &address->any, address->len) && errno == ECONNREFUSED;
	close(fd);
	return left;
}

/* The directory must be one of which nobody else can have made what lies there. */
static int make_way(const struct address *address, struct act_error *error)
{
	const char *path = address->un.sun_path, *name;
	char *dir = dir_of(path, &name);
	int fd;

	if (!dir)
		return act_fail(error, ENOMEM, "open the directory of %s", path);
	fd = act_open_dir(dir, error);
	free(dir);
	if (fd < 0)
		return fd;
	close(fd);
	if (is_left(address))
		unlink(path);
	return 0;
}

/* Who may read the status may connect: our umask is by whether /proc hides processes. */
static mode_t socket_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask & S_IROTH ? 0660 : 0666;
}

static int bind_socket(int fd, const struct address *address, struct act_error *error)
{
	int on = 1;

	/* After a restart, what the one before had open may still be on its way. */
	if (address->any.sa_family != AF_UNIX && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return act_fail(error, errno, "set SO_REUSEADDR");
	if (bind(fd, &address->any, address->len))
		return act_fail(error, errno, "bind");
	if (address->any.sa_family == AF_UNIX && chmod(address->un.sun_path, socket_mode()))
		return act_fail(error, errno, "let others connect to it");
	return listen(fd, CONNECTIONS) ? act_fail(error, errno, "listen") : 0;
}

/* A descriptor. */
static int listen_at(const struct address *address, struct act_error *error)
{
	int err = address->any.sa_family == AF_UNIX ? make_way(address, error) : 0, fd;

	if (err)
		return err;
	fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return act_fail(error, errno, "make a socket");
	err = bind_socket(fd, address, error);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static void remove_socket(const struct address *address)
{
	if (address->any.sa_family == AF_UNIX)
		unlink(address->un.sun_path);
}

/* ---- the daemon's side ---- */

static int start(struct metrics_server *server, int fd)
{
	server->http =
		MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC, 0, NULL, NULL,
				 on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
				 MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
				 SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MAX_BYTES,
				 MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
	return server->http ? 0 : -ENOMEM;
}

static struct metrics_server *new_server(const struct address *address)
{
	struct metrics_server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->address = *address;
	pthread_mutex_init(&server->lock, NULL);
	for (unsigned int i = 0; i < CONNECTIONS; i++)
		server->connections[i].fd = -1;
	return server;
}

int metrics_server_open(const struct address *address, struct metrics_server **out, struct act_error *error)
{
	struct metrics_server *server;
	int fd = listen_at(address, error);

	if (fd < 0)
		return fd;
	server = new_server(address);
	if (server && !start(server, fd)) {
		*out = server;
		return 0;
	}
	if (!server)
		close(fd);
	remove_socket(address);
	metrics_server_close(server);
	return act_fail(error, ENOMEM, "start a thread for HTTP");
}

void metrics_server_close(struct metrics_server *server)
{
	if (!server)
		return;
	if (server->http) {
		MHD_stop_daemon(server->http); /* which closes the socket */
		remove_socket(&server->address);
	}
	for (unsigned int i = 0; i < METRICS_FORMATS; i++)
		if (server->texts[i])
			MHD_destroy_response(server->texts[i]);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

/* Takes @text. NULL: no memory. */
static struct MHD_Response *new_response(char *text, enum metrics_format format)
{
	struct MHD_Response *response =
		text ? MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE) : NULL;

	if (!response) {
		free(text);
		return NULL;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, metrics_content_type(format));
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT);
	return response;
}

/* Who is too slow is cut off; the thread of HTTP finds it so. */
static void end_old(struct metrics_server *server, uint64_t now_ns)
{
	for (unsigned int i = 0; i < CONNECTIONS; i++) {
		const struct connection *connection = &server->connections[i];

		if (connection->fd >= 0 && now_ns - connection->since_ns > CONNECTION_NS)
			shutdown(connection->fd, SHUT_RDWR);
	}
}

void metrics_server_publish(struct metrics_server *server, char *texts[METRICS_FORMATS])
{
	struct MHD_Response *fresh[METRICS_FORMATS];
	bool all = true;

	for (unsigned int i = 0; i < METRICS_FORMATS; i++) {
		fresh[i] = new_response(texts[i], (enum metrics_format)i);
		all &= fresh[i] != NULL;
	}
	pthread_mutex_lock(&server->lock);
	for (unsigned int i = 0; i < METRICS_FORMATS && all; i++) {
		struct MHD_Response *before = server->texts[i];

		server->texts[i] = fresh[i];
		fresh[i] = before;
	}
	end_old(server, clock_boot_ns());
	pthread_mutex_unlock(&server->lock);
	for (unsigned int i = 0; i < METRICS_FORMATS; i++)
		if (fresh[i]) /* those before, or what is of no use without the other */
			MHD_destroy_response(fresh[i]);
}
