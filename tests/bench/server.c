/* SPDX-License-Identifier: MIT */
/*
 * server: a bare HTTP server, so that the server is never what a benchmark measures.
 *
 * One thread, one epoll set. Whatever is asked is answered with the same chat completion, at once,
 * after a delay, or when told. It understands HTTP/1.1 with kept-alive connections and bodies of a
 * stated length, which is what all clients of the benchmark send; no pipelining with delays, no
 * chunked bodies. It counts, and hands the counts out:
 *
 *     GET /_bench/stats       the counters as JSON
 *     GET /_bench/hold/N      keep the next N answers back
 *     GET /_bench/release     give them all, and hold no more
 *
 * The port is printed first (port 0 takes a free one). The server ends with its parent.
 */
#include "common.h"
#include "delay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_ROOM 4096 /* bytes of request line and headers */
#define READ_ROOM 65536
#define EVENTS_PER_WAIT 512
#define BACKLOG 4096
#define CONTROL "GET /_bench/"

/* 726 bytes together, as a small model's answer of two sentences is; more text goes between. */
static const char answer_start[] =
	"{\"id\":\"chatcmpl-BenchBenchBenchBenchBenchBench\",\"object\":\"chat.completion\","
	"\"created\":1754000000,\"model\":\"mock-2025-01-01\",\"choices\":[{\"index\":0,\"message\":{"
	"\"role\":\"assistant\",\"content\":\"The quick answer, in one sentence: it depends on what is "
	"asked, and by whom. A second sentence makes it as long as such answers are, mostly.";
static const char answer_end[] =
	"\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
	"\"usage\":{\"prompt_tokens\":68,\"completion_tokens\":31,\"total_tokens\":99,"
	"\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
	"\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
	"\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}},"
	"\"service_tier\":\"default\",\"system_fingerprint\":\"fp_benchbench00\"}";

struct options {
	const char *cert;
	const char *key;
	long port;
	long delay_min_ms;
	long delay_max_ms;
	long seed;
	long more_bytes; /* of text in the answer */
	int one_shot;    /* close every connection after its answer */
};

struct conn {
	SSL *tls;
	int fd;          /* -1: closed, kept until no answer waits for it */
	int waiting_n;   /* answers in the heap or among the held */
	bool handshaken; /* always true without TLS */
	size_t body_left;
	size_t head_bytes; /* of an incomplete head */
	char head[HEAD_ROOM];
};

struct stats {
	long connections_n;
	long open_n;
	long requests_n;
	long body_bytes;
	long held_n;
	long in_flight_n;
	long in_flight_peak_n;
	long dropped_n; /* closed for a request it does not understand, or for a full socket */
};

struct server {
	struct options opts;
	struct stats stats;
	struct delay delay;
	struct conn **held;
	SSL_CTX *tls;
	size_t held_room;
	long hold_n; /* answers still to be kept back */
	bool releasing;
	int epoll_fd;
	int listen_fd;
	int answer_bytes;
	char *answer;
	char input[HEAD_ROOM + READ_ROOM];
};

/* ---- connections ---- */

static void conn_drop_if_idle(struct conn *c)
{
	if (c->fd < 0 && c->waiting_n == 0)
		free(c);
}

/* c may be freed. */
static void conn_close(struct server *s, struct conn *c)
{
	/* A client that left gets a reset: no TIME_WAIT stays behind to slow the next run down. */
	static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (c->tls)
		SSL_free(c->tls);
	if (!s->opts.one_shot)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(c->fd);
	c->fd = -1;
	c->tls = NULL;
	s->stats.open_n--;
	conn_drop_if_idle(c);
}

static bool conn_send(struct conn *c, const char *data, int bytes)
{
	if (c->tls)
		return SSL_write(c->tls, data, bytes) == bytes;
	return send(c->fd, data, (size_t)bytes, MSG_NOSIGNAL) == bytes;
}

/* false: c is closed and may be freed. */
static bool conn_answer(struct server *s, struct conn *c)
{
	if (!conn_send(c, s->answer, s->answer_bytes)) {
		s->stats.dropped_n++;
		conn_close(s, c);
		return false;
	}
	if (s->opts.one_shot) {
		if (c->tls)
			SSL_shutdown(c->tls);
		conn_close(s, c);
		return false;
	}
	return true;
}

/* The answer's time has come; its client may have left. */
static void conn_answer_late(struct server *s, struct conn *c)
{
	c->waiting_n--;
	s->stats.in_flight_n--;
	if (c->fd < 0)
		conn_drop_if_idle(c);
	else
		conn_answer(s, c);
}

static void release_held(struct server *s)
{
	long n = s->stats.held_n;

	s->releasing = false;
	s->hold_n = 0;
	s->stats.held_n = 0;
	for (long i = 0; i < n; i++)
		conn_answer_late(s, s->held[i]);
}

/* ---- requests ---- */

static void answer_control(struct server *s, struct conn *c, const char *path)
{
	const struct stats *st = &s->stats;
	char body[512];
	char answer[1024];
	int n;

	if (strncmp(path, "hold/", 5) == 0)
		s->hold_n = strtol(path + 5, NULL, 10);
	else if (strncmp(path, "release", 7) == 0)
		s->releasing = true;
	n = snprintf(body, sizeof(body),
		"{\"connections\":%ld,\"open\":%ld,\"requests\":%ld,\"body_bytes\":%ld,"
		"\"held\":%ld,\"in_flight\":%ld,\"in_flight_peak\":%ld,\"dropped\":%ld}\n",
		st->connections_n, st->open_n, st->requests_n, st->body_bytes, st->held_n,
		st->in_flight_n, st->in_flight_peak_n, st->dropped_n);
	n = snprintf(answer, sizeof(answer),
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		n, body);
	if (!conn_send(c, answer, n))
		s->stats.dropped_n++;
}

/* A whole request is there. false: c is closed and may be freed. */
static bool conn_serve(struct server *s, struct conn *c)
{
	struct stats *st = &s->stats;

	st->requests_n++;
	if (s->hold_n == 0 && s->opts.delay_max_ms == 0)
		return conn_answer(s, c);
	c->waiting_n++;
	if (++st->in_flight_n > st->in_flight_peak_n)
		st->in_flight_peak_n = st->in_flight_n;
	if (s->hold_n > 0) {
		s->hold_n--;
		if ((size_t)st->held_n == s->held_room)
			s->held = grow(s->held, &s->held_room, sizeof(struct conn *));
		s->held[st->held_n++] = c;
	} else {
		delay_put(&s->delay, c, now_us());
	}
	return true;
}

/* Bytes of the body that the head announces; -1 if the head is not understood. */
static long body_length(const char *head, const char *end)
{
	static const char name[] = "\ncontent-length:";

	for (const char *p = head; (p = memchr(p, '\n', (size_t)(end - p))); p++) {
		if ((size_t)(end - p) <= sizeof(name))
			break;
		if (strncasecmp(p, name, sizeof(name) - 1) == 0)
			return strtol(p + sizeof(name) - 1, NULL, 10);
	}
	return *head == 'G' ? 0 : -1;
}

/*
 * Takes one head off the n bytes at p; its length, 0 if it is incomplete, -1 if it cannot be
 * understood. A head ends in a line feed, so that strtol stays inside it.
 */
static long take_head(struct server *s, struct conn *c, const char *p, size_t n)
{
	const char *end = memmem(p, n, "\r\n\r\n", 4);
	long length;

	if (!end)
		return n < HEAD_ROOM ? 0 : -1;
	end += 4;
	length = body_length(p, end);
	if (length < 0)
		return -1;
	c->body_left = (size_t)length;
	s->stats.body_bytes += length;
	return end - p;
}

/* false: c is closed and may be freed. */
static bool conn_parse(struct server *s, struct conn *c, const char *p, size_t n)
{
	while (n > 0) {
		bool control = false;

		if (c->body_left == 0) {
			long head = take_head(s, c, p, n);

			if (head == 0)
				break;
			if (head < 0) {
				s->stats.dropped_n++;
				conn_close(s, c);
				return false;
			}
			control = strncmp(p, CONTROL, sizeof(CONTROL) - 1) == 0;
			if (control)
				answer_control(s, c, p + sizeof(CONTROL) - 1);
			p += head;
			n -= (size_t)head;
		}
		size_t taken = n < c->body_left ? n : c->body_left;

		p += taken;
		n -= taken;
		c->body_left -= taken;
		if (c->body_left == 0 && !control && !conn_serve(s, c))
			return false;
	}
	memcpy(c->head, p, n);
	c->head_bytes = n;
	return true;
}

static ssize_t conn_read(struct conn *c, char *into)
{
	int n;

	if (!c->tls)
		return recv(c->fd, into, READ_ROOM, 0);
	ERR_clear_error();
	if (!c->handshaken) {
		n = SSL_accept(c->tls);
		c->handshaken = n == 1;
	}
	if (c->handshaken) {
		n = SSL_read(c->tls, into, READ_ROOM);
		if (n > 0)
			return n;
	}
	errno = EAGAIN;
	return SSL_get_error(c->tls, n) == SSL_ERROR_WANT_READ ? -1 : 0;
}

static void conn_readable(struct server *s, struct conn *c)
{
	bool more = true;

	while (more) {
		ssize_t n = conn_read(c, s->input + c->head_bytes);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			conn_close(s, c);
			return;
		}
		memcpy(s->input, c->head, c->head_bytes);
		if (!conn_parse(s, c, s->input, c->head_bytes + (size_t)n))
			return;
		more = c->tls && SSL_pending(c->tls) > 0;
	}
}

static void accept_all(struct server *s)
{
	static const int on = 1;
	int fd;

	while ((fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct conn *c = allocate(1, sizeof(*c));
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

		c->fd = fd;
		c->handshaken = !s->tls;
		if (s->tls && !((c->tls = SSL_new(s->tls)) && SSL_set_fd(c->tls, fd)))
			die("out of memory");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
			die("epoll_ctl: %s", strerror(errno));
		s->stats.connections_n++;
		s->stats.open_n++;
	}
	if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
		die("accept4: %s", strerror(errno));
}

/* ---- the loop and the set-up ---- */

__attribute__((noreturn)) static void run(struct server *s)
{
	struct epoll_event events[EVENTS_PER_WAIT];

	for (;;) {
		int n = epoll_wait(s->epoll_fd, events, EVENTS_PER_WAIT,
			delay_timeout_ms(&s->delay, now_us()));
		struct conn *c;

		if (n < 0 && errno != EINTR)
			die("epoll_wait: %s", strerror(errno));
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				conn_readable(s, events[i].data.ptr);
			else
				accept_all(s);
		}
		/* Only now: an answer may free its connection, which may have had an event. */
		if (s->releasing)
			release_held(s);
		while ((c = delay_take(&s->delay, now_us())))
			conn_answer_late(s, c);
	}
}

static void start_listening(struct server *s)
{
	static const int on = 1;
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)s->opts.port) };
	struct epoll_event ev = { .events = EPOLLIN };
	socklen_t size = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->epoll_fd < 0 || s->listen_fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s->listen_fd, (struct sockaddr *)&address, size) < 0 ||
		listen(s->listen_fd, BACKLOG) < 0 ||
		getsockname(s->listen_fd, (struct sockaddr *)&address, &size) < 0 ||
		epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->listen_fd, &ev) < 0)
		die("port %ld: %s", s->opts.port, strerror(errno));
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
}

static SSL_CTX *load_tls(const struct options *o)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	if (!tls || SSL_CTX_use_certificate_chain_file(tls, o->cert) != 1 ||
		SSL_CTX_use_PrivateKey_file(tls, o->key, SSL_FILETYPE_PEM) != 1)
		die("%s, %s: %s", o->cert, o->key, ERR_reason_error_string(ERR_get_error()));
	/* Every connection is to cost a whole handshake. */
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(tls, 0);
	return tls;
}

static void usage(void)
{
	fputs("usage: server [--port N] [--delay-ms A[-B]] [--seed N] [--one-shot]\n"
	      "              [--more-bytes N] [--tls-cert FILE --tls-key FILE]\n",
		stderr);
	exit(2);
}

static void parse_delay(struct options *o, char *text)
{
	char *dash = strchr(text, '-');

	if (dash)
		*dash = '\0';
	o->delay_min_ms = number("--delay-ms", text);
	o->delay_max_ms = dash ? number("--delay-ms", dash + 1) : o->delay_min_ms;
	if (o->delay_max_ms < o->delay_min_ms)
		die("--delay-ms: the second number is the larger one");
}

static struct options parse(int argc, char **argv)
{
	struct options o = { 0 };
	const struct option longs[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "delay-ms", required_argument, NULL, 'd' },
		{ "seed", required_argument, NULL, 's' },
		{ "more-bytes", required_argument, NULL, 'm' },
		{ "tls-cert", required_argument, NULL, 'c' },
		{ "tls-key", required_argument, NULL, 'k' },
		{ "one-shot", no_argument, &o.one_shot, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'p')
			o.port = number("--port", optarg);
		else if (c == 'd')
			parse_delay(&o, optarg);
		else if (c == 's')
			o.seed = number("--seed", optarg);
		else if (c == 'm')
			o.more_bytes = number("--more-bytes", optarg);
		else if (c == 'c')
			o.cert = optarg;
		else if (c == 'k')
			o.key = optarg;
		else if (c != 0)
			usage();
	}
	if (optind != argc || !o.cert != !o.key || o.port > 65535)
		usage();
	return o;
}

static void write_answer(struct server *s)
{
	s->answer_bytes = asprintf(&s->answer,
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		"%sContent-Length: %ld\r\n\r\n%s%s%s",
		s->opts.one_shot ? "Connection: close\r\n" : "",
		(long)(sizeof(answer_start) + sizeof(answer_end) - 2) + s->opts.more_bytes,
		answer_start, random_words((size_t)s->opts.more_bytes), answer_end);
	if (s->answer_bytes < 0)
		die("out of memory");
}

int main(int argc, char **argv)
{
	static struct server s;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	s.opts = parse(argc, argv);
	delay_init(&s.delay, s.opts.delay_min_ms, s.opts.delay_max_ms, s.opts.seed);
	raise_descriptors(1024);
	if (s.opts.cert)
		s.tls = load_tls(&s.opts);
	write_answer(&s);
	start_listening(&s);
	run(&s);
}
