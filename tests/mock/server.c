/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd is driven from outside (its epoll descriptor lies in ours), because then
 * everything, the waiting of ten thousand delayed answers included, happens in one thread: no
 * counter has a lock, and a request that waits costs a heap node and no thread.
 */
#include "server.h"

#include "base/clock.h"
#include "exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define EVENTS_PER_TURN 256

/* A burst of connects waits here; the kernel may allow fewer. */
#define BACKLOG 4096

/* Of a connection, for its headers in and out; bodies are kept elsewhere. */
#define CONNECTION_BYTES (6 * 1024)

/* Descriptors that are no connections: stdio, epoll, signals and what libraries open. */
#define SPARE_DESCRIPTORS 32

static bool watch(int epoll_fd, int fd, void *who)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = who };
	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_descriptors(struct server *s)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return s->signal_fd >= 0 && s->epoll_fd >= 0 && watch(s->epoll_fd, s->signal_fd, s);
}

/* Raises the soft limit of descriptors as far as it goes and gives how many connections fit. */
static unsigned connections_max(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return FD_SETSIZE - SPARE_DESCRIPTORS;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > INT_MAX)
		return INT_MAX;
	return limit.rlim_cur > SPARE_DESCRIPTORS ? (unsigned)limit.rlim_cur - SPARE_DESCRIPTORS
						  : 1;
}

static void fill_address(struct sockaddr_storage *address, const struct options *o)
{
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
	memset(address, 0, sizeof *address);
	if (inet_pton(AF_INET, o->host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)o->port);
		return;
	}
	six->sin6_family = AF_INET6;
	six->sin6_addr = in6addr_loopback;
	six->sin6_port = htons((uint16_t)o->port);
}

static bool start_daemon(struct server *s, const struct tls_identity *identity)
{
	struct sockaddr_storage address;
	unsigned flags = MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, identity ? identity->cert_pem : NULL },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, identity ? identity->key_pem : NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	fill_address(&address, &s->mock->options);
	if (address.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	if (identity)
		flags |= MHD_USE_TLS;
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, exchange_on_request, s->mock,
		MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_LISTEN_BACKLOG_SIZE,
		(unsigned)BACKLOG, MHD_OPTION_CONNECTION_LIMIT, connections_max(),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_URI_LOG_CALLBACK, exchange_on_uri, s->mock, MHD_OPTION_NOTIFY_COMPLETED,
		exchange_on_completed, s->mock, MHD_OPTION_NOTIFY_CONNECTION,
		exchange_on_connection, s->mock, MHD_OPTION_ARRAY, identity ? tls : &tls[2],
		MHD_OPTION_END);
	return s->daemon != NULL;
}

bool server_start(struct server *s, struct mock *mock, const struct tls_identity *identity)
{
	*s = (struct server){ .mock = mock, .epoll_fd = -1, .signal_fd = -1 };
	if (!open_descriptors(s))
		return false;
	sleepers_init(&mock->sleepers, s->epoll_fd);
	if (!start_daemon(s, identity))
		return false;
	return watch(s->epoll_fd,
		MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, NULL);
}

uint16_t server_port(const struct server *s)
{
	return MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

/* For how long nothing has to be done; -1 for ever. */
static int wait_ms(const struct server *s)
{
	MHD_UNSIGNED_LONG_LONG theirs;
	int64_t due_ms = sleepers_next_ms(&s->mock->sleepers), ours;
	bool they_wait = MHD_get_timeout(s->daemon, &theirs) == MHD_YES;
	if (they_wait && theirs == 0)
		return 0;
	ours = due_ms == SLEEP_FOREVER ? -1 : due_ms - clock_now_ms();
	if (due_ms != SLEEP_FOREVER && ours < 0)
		return 0;
	if (they_wait && (ours < 0 || theirs < (uint64_t)ours))
		ours = theirs < INT_MAX ? (int64_t)theirs : INT_MAX;
	return ours < INT_MAX ? (int)ours : INT_MAX;
}

static void turn(struct server *s)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int n = epoll_wait(s->epoll_fd, events, EVENTS_PER_TURN, wait_ms(s));
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == s)
			s->ends = true;
		else if (events[i].data.ptr)
			sleepers_client_left(&s->mock->sleepers, events[i].data.ptr);
	}
	sleepers_wake_due(&s->mock->sleepers, clock_now_ms());
	MHD_run(s->daemon);
}

void server_run(struct server *s)
{
	while (!s->ends)
		turn(s);
}

void server_stop(struct server *s)
{
	if (s->daemon) {
		sleepers_close(&s->mock->sleepers);
		MHD_run(s->daemon);
		MHD_stop_daemon(s->daemon);
		sleepers_release(&s->mock->sleepers);
	}
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	s->daemon = NULL;
	s->epoll_fd = s->signal_fd = -1;
}
