/* SPDX-License-Identifier: MIT */
/*
 * embed_server: gives vectors as fast as a socket takes them, so that the server is never what a
 * benchmark of embeddings measures.
 *
 * An OpenAI-compatible /embeddings: as many vectors as the request's "input" has strings, as JSON
 * numbers, or as base64 where the request asks for it. The numbers are float32, in the fewest
 * digits that say which, as servers print them; the i-th vector of an answer is always the same.
 * Vectors are written once, the answer for a number of texts when it is first asked for. A thread
 * per connection: few connections carry much. Counts are handed out:
 *
 *     GET /_bench/stats       the counters as JSON
 *
 * The port is printed first. The server ends with its parent.
 */
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXTS_MAX 2048           /* in a request, as at OpenAI's */
#define VECTORS_N 128            /* different ones; then they begin again */
#define REQUEST_ROOM (1U << 20)  /* bytes of a request at first */
#define REQUEST_MAX (64UL << 20) /* bytes */
#define NUMBER_ROOM 32           /* bytes of a number and what precedes it */
#define AROUND_ROOM 160          /* bytes of JSON around a vector */
#define SPREAD 0.0255            /* of the numbers: so 1536 of them have length 1 */

enum form { DIGITS, BASE64, FORMS_N };

struct text {
	char *bytes;
	size_t n;
};

struct options {
	long columns_n;
	int is_indented; /* a number on a line of its own, as OpenAI writes it */
};

struct server {
	struct options opts;
	struct text vectors[FORMS_N][VECTORS_N];
	struct text answers[FORMS_N][TEXTS_MAX + 1]; /* heads included; not there until wanted */
	pthread_mutex_t lock;                        /* of answers */
	atomic_long connections_n;
	atomic_long requests_n;
	atomic_long texts_n;
	atomic_long base64_n; /* of the requests */
	atomic_long refused_n;
};

struct conn {
	struct server *server;
	char *request;
	size_t room;
	size_t have; /* bytes of the request, and of what follows it */
	int fd;
};

/* ---- vectors ---- */

/* A number as a model gives it: the sum of twelve is near enough to a bell. */
static float random_number(uint64_t *state)
{
	double sum = -6;

	for (int i = 0; i < 12; i++) {
		*state = *state * 6364136223846793005U + 1442695040888963407U;
		sum += (double)(*state >> 11) * 0x1p-53;
	}
	return (float)(sum * SPREAD);
}

/* The fewest digits that are read as the same number again. */
static int print_number(char text[NUMBER_ROOM], float value)
{
	int n = 0;

	for (int digits = 6; digits <= 9; digits++) {
		n = snprintf(text, NUMBER_ROOM, "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			break;
	}
	return n;
}

static struct text digits_of(const struct options *o, const float *numbers)
{
	static const char indent[] = "\n        ";
	struct text t = { .bytes = allocate((size_t)o->columns_n + 2, NUMBER_ROOM) };

	t.bytes[t.n++] = '[';
	for (long i = 0; i < o->columns_n; i++) {
		if (i > 0)
			t.bytes[t.n++] = ',';
		if (o->is_indented) {
			memcpy(t.bytes + t.n, indent, sizeof(indent) - 1);
			t.n += sizeof(indent) - 1;
		}
		t.n += (size_t)print_number(t.bytes + t.n, numbers[i]);
	}
	if (o->is_indented) {
		memcpy(t.bytes + t.n, indent, sizeof(indent) - 3);
		t.n += sizeof(indent) - 3;
	}
	t.bytes[t.n++] = ']';
	return t;
}

static struct text base64_of(const struct options *o, const float *numbers)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t bytes_n = (size_t)o->columns_n * sizeof(float);
	unsigned char *bytes = allocate(bytes_n + 3, 1);
	struct text t = { .bytes = allocate(bytes_n * 4 / 3 + 8, 1) };

	/* As it lies in memory: the benchmark runs on little-endian machines. */
	memcpy(bytes, numbers, bytes_n);
	t.bytes[t.n++] = '"';
	for (size_t i = 0; i < bytes_n; i += 3) {
		unsigned three =
			(unsigned)bytes[i] << 16 | (unsigned)bytes[i + 1] << 8 | bytes[i + 2];

		for (unsigned shift = 24; shift > 0;)
			t.bytes[t.n++] = alphabet[three >> (shift -= 6) & 63];
	}
	for (size_t i = bytes_n % 3; i > 0 && i < 3; i++)
		t.bytes[t.n - 3 + i] = '=';
	t.bytes[t.n++] = '"';
	free(bytes);
	return t;
}

static void make_vectors(struct server *s)
{
	uint64_t state = 1;
	float *numbers = allocate((size_t)s->opts.columns_n, sizeof(float));

	for (int v = 0; v < VECTORS_N; v++) {
		for (long i = 0; i < s->opts.columns_n; i++)
			numbers[i] = random_number(&state);
		s->vectors[DIGITS][v] = digits_of(&s->opts, numbers);
		s->vectors[BASE64][v] = base64_of(&s->opts, numbers);
	}
	free(numbers);
}

/* ---- answers ---- */

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->n += (size_t)vsnprintf(t->bytes + t->n, AROUND_ROOM, format, args);
	va_end(args);
}

static struct text make_body(const struct server *s, enum form form, size_t texts_n)
{
	static const char head[] = "{\"object\":\"list\",\"data\":[";
	static const char item[] = "{\"object\":\"embedding\",\"index\":";
	static const char wide_item[] =
		"\n    {\n      \"object\": \"embedding\",\n      \"index\": ";
	static const char wide_head[] = "{\n  \"object\": \"list\",\n  \"data\": [";
	bool wide = s->opts.is_indented;
	struct text t = { 0 };
	size_t room = 2 * AROUND_ROOM;

	for (size_t i = 0; i < texts_n; i++)
		room += s->vectors[form][i % VECTORS_N].n + 2 * AROUND_ROOM;
	t.bytes = allocate(room, 1);
	put(&t, "%s", wide ? wide_head : head);
	for (size_t i = 0; i < texts_n; i++) {
		const struct text *v = &s->vectors[form][i % VECTORS_N];

		put(&t, "%s%s", i > 0 ? "," : "", wide ? wide_item : item);
		put(&t, wide ? "%zu,\n      \"embedding\": " : "%zu,\"embedding\":", i);
		memcpy(t.bytes + t.n, v->bytes, v->n);
		t.n += v->n;
		put(&t, wide ? "\n    }" : "}");
	}
	put(&t, wide ? "\n  ],\n  \"model\": \"m\",\n  " : "],\"model\":\"m\",");
	put(&t, "\"usage\":{\"prompt_tokens\":%zu,\"total_tokens\":%zu}}", 8 * texts_n,
		8 * texts_n);
	return t;
}

static struct text with_head(const struct text *body)
{
	struct text t = { .bytes = allocate(body->n + AROUND_ROOM, 1) };

	put(&t, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		body->n);
	memcpy(t.bytes + t.n, body->bytes, body->n);
	t.n += body->n;
	return t;
}

/* It stays as long as the server. */
static const struct text *answer_for(struct server *s, enum form form, size_t texts_n)
{
	struct text *answer = &s->answers[form][texts_n];

	pthread_mutex_lock(&s->lock);
	if (!answer->bytes) {
		struct text body = make_body(s, form, texts_n);

		*answer = with_head(&body);
		free(body.bytes);
	}
	pthread_mutex_unlock(&s->lock);
	return answer;
}

/* ---- requests ---- */

/* How many strings the array "input" has; 0 if there is none. The request is taken on trust. */
static size_t count_texts(const char *body, size_t bytes)
{
	static const char name[] = "\"input\":[";
	const char *end = body + bytes;
	const char *p = memmem(body, bytes, name, sizeof(name) - 1);
	bool in_text = false;
	size_t n = 0;

	if (!p)
		return 0;
	for (p += sizeof(name) - 1; p < end && (in_text || *p != ']'); p++) {
		if (*p == '\\') {
			p++;
		} else if (*p == '"') {
			in_text = !in_text;
			n += in_text;
		}
	}
	return n;
}

static bool send_all(const struct conn *c, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return false;
		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		}
	}
	return true;
}

static bool answer_stats(const struct conn *c)
{
	struct server *s = c->server;
	struct text body = { .bytes = (char[AROUND_ROOM]){ 0 } };
	struct text answer;
	bool ok;

	put(&body,
		"{\"connections\":%ld,\"requests\":%ld,\"texts\":%ld,\"base64\":%ld,"
		"\"refused\":%ld}\n",
		s->connections_n, s->requests_n, s->texts_n, s->base64_n, s->refused_n);
	answer = with_head(&body);
	ok = send_all(c, answer.bytes, answer.n);
	free(answer.bytes);
	return ok;
}

static bool answer_texts(const struct conn *c, const char *body, size_t bytes)
{
	static const char refusal[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
	static const char wish[] = "\"encoding_format\":\"base64\"";
	struct server *s = c->server;
	size_t texts_n = count_texts(body, bytes);
	const struct text *answer;
	enum form form;

	s->requests_n++;
	if (texts_n == 0 || texts_n > TEXTS_MAX) {
		s->refused_n++;
		return send_all(c, refusal, sizeof(refusal) - 1);
	}
	s->texts_n += (long)texts_n;
	form = memmem(body, bytes, wish, sizeof(wish) - 1) ? BASE64 : DIGITS;
	s->base64_n += form == BASE64;
	answer = answer_for(s, form, texts_n);
	return send_all(c, answer->bytes, answer->n);
}

/* More bytes of the request; false if the client has gone. */
static bool conn_read(struct conn *c)
{
	ssize_t n;

	if (c->have == c->room) {
		if (c->room >= REQUEST_MAX)
			return false;
		c->request = grow(c->request, &c->room, 1);
	}
	do
		n = recv(c->fd, c->request + c->have, c->room - c->have, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	c->have += (size_t)n;
	return true;
}

/* Bytes of the body that the head announces. A head ends in a line feed: strtol stays inside. */
static size_t body_length(const char *head, const char *end)
{
	static const char name[] = "\ncontent-length:";

	for (const char *p = head; (p = memchr(p, '\n', (size_t)(end - p))); p++) {
		if ((size_t)(end - p) <= sizeof(name))
			break;
		if (strncasecmp(p, name, sizeof(name) - 1) == 0)
			return strtoul(p + sizeof(name) - 1, NULL, 10);
	}
	return 0;
}

/* Takes one request and answers it; false if the connection is over. */
static bool conn_serve(struct conn *c)
{
	const char *end;
	size_t head, body;
	bool ok;

	while (!(end = memmem(c->request, c->have, "\r\n\r\n", 4))) {
		if (!conn_read(c))
			return false;
	}
	head = (size_t)(end + 4 - c->request);
	body = body_length(c->request, end + 4);
	while (c->have - head < body) {
		if (!conn_read(c))
			return false;
	}
	if (*c->request == 'G')
		ok = answer_stats(c);
	else
		ok = answer_texts(c, c->request + head, body);
	c->have -= head + body;
	memmove(c->request, c->request + head + body, c->have);
	return ok;
}

static void *conn_run(void *arg)
{
	struct conn *c = arg;

	while (conn_serve(c))
		;
	close(c->fd);
	free(c->request);
	free(c);
	return NULL;
}

/* ---- set-up ---- */

static int start_listening(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
		listen(fd, SOMAXCONN) < 0 ||
		getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		die("socket: %s", strerror(errno));
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void start_conn(struct server *s, int fd)
{
	static const int on = 1;
	struct conn *c = allocate(1, sizeof(*c));
	pthread_attr_t detached;
	pthread_t thread;

	c->server = s;
	c->fd = fd;
	c->room = REQUEST_ROOM;
	c->request = allocate(c->room, 1);
	s->connections_n++;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &detached, conn_run, c) != 0)
		die("no thread for a connection");
	pthread_attr_destroy(&detached);
}

static struct options parse(int argc, char **argv)
{
	struct options o = { .columns_n = 1536 };
	const struct option longs[] = {
		{ "columns", required_argument, NULL, 'c' },
		{ "indent", no_argument, &o.is_indented, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'c')
			o.columns_n = number("--columns", optarg);
		else if (c != 0)
			break;
	}
	if (c != -1 || optind != argc || o.columns_n == 0 || o.columns_n > 65536) {
		fputs("usage: embed_server [--columns N] [--indent]\n", stderr);
		exit(2);
	}
	return o;
}

int main(int argc, char **argv)
{
	static struct server s = { .lock = PTHREAD_MUTEX_INITIALIZER };
	int listen_fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	s.opts = parse(argc, argv);
	make_vectors(&s);
	listen_fd = start_listening();
	for (;;) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			start_conn(&s, fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			die("accept4: %s", strerror(errno));
	}
}
