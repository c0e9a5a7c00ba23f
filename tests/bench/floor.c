/* SPDX-License-Identifier: MIT */
/*
 * floor: what libcurl itself costs.
 *
 * The same exchange that pllm makes for a record, and nothing else: a constant JSON body goes out,
 * the answer is copied to memory, nobody looks at it. No JSON, no retry, no order. What pllm spends
 * beyond this is pllm's own, which is why script/bench states pllm's cost as a ratio to it.
 *
 * It is the cheapest arrangement of libcurl that is known:
 *
 * - Many multi handles ("shards") of at most 64 transfers, because a multi walks all its
 *   connections at every request. They share one epoll set; the event names the shard.
 * - curl_multi_socket_action, so that a wake-up costs what is ready and not what is open.
 * - A slot (easy handle) belongs to its shard for life and is re-armed, never rebuilt.
 * - A descriptor stays in the epoll set while its connection rests between two requests: libcurl
 *   asks for its removal after every answer and for its return before every request, which would be
 *   two system calls per request.
 * - One X509_STORE for all TLS connections; libcurl would load the bundle again for each.
 */
#include "common.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define SHARD_SLOTS 64       /* transfers per multi handle */
#define STARTS_PER_TURN 256  /* connects between two waits: a burst overflows listen queues */
#define EVENTS_PER_WAIT 256  /* as large as a busy loop ever fills */
#define SPARE_DESCRIPTORS 64 /* stdio, epoll, and what libraries open */
#define ANSWER_ROOM 2048     /* bytes; a longer answer is an error */
#define BODY_BYTES 365       /* a chat completion with a prompt of 300 bytes */
#define BODY_HEAD "{\"model\":\"mock\",\"messages\":[{\"role\":\"user\",\"content\":\""
#define BODY_TAIL "\"}]}"

struct options {
	const char *url;    /* of an address, not a name: a resolver has descriptors of its own */
	const char *cacert; /* NULL: the system's bundle */
	long requests_n;
	long concurrency;
	long steady_after_n; /* requests left out of the steady-state figure */
	int http1;           /* no HTTP/2 even where the server offers it */
	int new_connections; /* one connection per request */
};

struct slot {
	CURL *easy;
	struct shard *shard;
	size_t answer_bytes;
	char answer[ANSWER_ROOM]; /* touched as far as an answer reaches */
};

struct shard {
	struct floor *floor;
	CURLM *multi;
	int64_t due_us; /* when libcurl wants to be called without an event; -1 = never */
	uint32_t index;
};

/* What the epoll set knows of a descriptor; the table is indexed by the descriptor. */
struct watch {
	uint32_t events; /* registered with epoll; 0 = not in the set */
	bool wanted;     /* libcurl listens; false while the connection rests */
};

struct floor {
	struct options opts;
	struct shard *shards;
	struct slot *slots;
	struct watch *watches;
	struct curl_slist *headers;
	X509_STORE *store;
	char body[BODY_BYTES + 1];
	int64_t steady_cpu_us; /* CPU spent when steady_after_n had finished */
	long shards_n;
	long slots_started_n;
	long requests_started_n;
	long finished_n;
	long failed_n;
	size_t watches_n;
	int epoll_fd;
};

static int64_t cpu_us(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return rusage_cpu_us(&ru);
}

/* ---- libcurl's callbacks ---- */

static size_t on_answer(char *data, size_t size, size_t n, void *arg)
{
	struct slot *slot = arg;
	size_t bytes = size * n;

	if (bytes > ANSWER_ROOM - slot->answer_bytes)
		return 0;
	memcpy(slot->answer + slot->answer_bytes, data, bytes);
	slot->answer_bytes += bytes;
	return bytes;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
	struct floor *f = arg;

	(void)easy;
	SSL_CTX_set1_cert_store(ssl_ctx, f->store);
	return CURLE_OK;
}

static void watch_set(struct floor *f, int fd, uint32_t events, uint32_t shard_index)
{
	struct watch *w = &f->watches[fd];
	struct epoll_event ev = { .events = events };

	if (w->events == events)
		return;
	ev.data.u64 = (uint64_t)shard_index << 32 | (uint32_t)fd;
	if (epoll_ctl(f->epoll_fd, w->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev) < 0)
		die("epoll_ctl: %s", strerror(errno));
	w->events = events;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct shard *shard = arg;
	struct floor *f = shard->floor;
	uint32_t events = 0;

	(void)easy;
	(void)socket_arg;
	if (fd < 0 || (size_t)fd >= f->watches_n)
		die("descriptor %d is out of range", fd);
	f->watches[fd].wanted = what != CURL_POLL_REMOVE;
	if (what == CURL_POLL_REMOVE)
		return 0;
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	watch_set(f, fd, events, shard->index);
	return 0;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct floor *f = arg;

	/* close() takes the descriptor out of the epoll set. */
	f->watches[fd] = (struct watch){ 0 };
	return close(fd);
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct shard *shard = arg;

	(void)multi;
	shard->due_us = timeout_ms < 0 ? -1 : now_us() + timeout_ms * 1000;
	return 0;
}

/* ---- slots and shards ---- */

static void set_tls(struct floor *f, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, f);
}

static void slot_init(struct slot *slot, struct shard *shard)
{
	struct floor *f = shard->floor;
	CURL *easy = curl_easy_init();
	bool http2 = f->store && !f->opts.http1;
	long one_shot = f->opts.new_connections;
	long version = http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;

	if (!easy)
		die("curl_easy_init failed");
	slot->easy = easy;
	slot->shard = shard;
	curl_easy_setopt(easy, CURLOPT_URL, f->opts.url);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, http2 ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, f->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, f->body);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)BODY_BYTES);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, f);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, one_shot);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, one_shot);
	if (f->store)
		set_tls(f, easy);
}

static void slot_start(struct slot *slot)
{
	slot->answer_bytes = 0;
	slot->shard->floor->requests_started_n++;
	if (curl_multi_add_handle(slot->shard->multi, slot->easy) != CURLM_OK)
		die("curl_multi_add_handle failed");
}

static void shard_init(struct shard *shard, struct floor *f, uint32_t index)
{
	shard->floor = f;
	shard->index = index;
	shard->due_us = -1;
	shard->multi = curl_multi_init();
	if (!shard->multi)
		die("curl_multi_init failed");
	curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard);
	curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard);
	/* The default, 4 x the handles added right now, closes connections of an idle shard. */
	curl_multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, 2L * SHARD_SLOTS);
}

/* Must follow every curl_multi_socket_action: libcurl walks the messages that nobody has read. */
static void shard_collect(struct shard *shard)
{
	struct floor *f = shard->floor;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(shard->multi, &left))) {
		struct slot *slot;
		CURL *easy = msg->easy_handle;
		CURLcode result = msg->data.result;
		long status = 0;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		curl_multi_remove_handle(shard->multi, easy);
		if ((result != CURLE_OK || status != 200) && f->failed_n++ == 0)
			fprintf(stderr, "floor: %ld: %s\n", status, curl_easy_strerror(result));
		f->finished_n++;
		if (f->finished_n == f->opts.steady_after_n)
			f->steady_cpu_us = cpu_us();
		if (f->requests_started_n < f->opts.requests_n)
			slot_start(slot);
	}
}

static void shard_act(struct shard *shard, curl_socket_t fd, int action)
{
	int running;

	if (curl_multi_socket_action(shard->multi, fd, action, &running) != CURLM_OK)
		die("curl_multi_socket_action failed");
	shard_collect(shard);
}

/* ---- the loop ---- */

static void start_some(struct floor *f)
{
	for (int i = 0; i < STARTS_PER_TURN; i++) {
		if (f->slots_started_n == f->opts.concurrency)
			return;
		if (f->requests_started_n == f->opts.requests_n)
			return;
		struct slot *slot = &f->slots[f->slots_started_n];

		/* Neighbours share a shard: memory used together lies together. */
		slot_init(slot, &f->shards[f->slots_started_n / SHARD_SLOTS]);
		f->slots_started_n++;
		slot_start(slot);
	}
}

static int next_timeout_ms(const struct floor *f)
{
	int64_t due_us = INT64_MAX;
	int64_t wait_us;

	if (f->slots_started_n < f->opts.concurrency && f->requests_started_n < f->opts.requests_n)
		return 0;
	for (long i = 0; i < f->shards_n; i++) {
		if (f->shards[i].due_us >= 0 && f->shards[i].due_us < due_us)
			due_us = f->shards[i].due_us;
	}
	if (due_us == INT64_MAX)
		return -1;
	wait_us = due_us - now_us();
	return wait_us <= 0 ? 0 : (int)((wait_us + 999) / 1000);
}

static void handle_event(struct floor *f, const struct epoll_event *ev)
{
	int fd = (int)(uint32_t)ev->data.u64;
	struct shard *shard = &f->shards[ev->data.u64 >> 32];
	struct watch *w = &f->watches[fd];
	int action = 0;

	if (!w->wanted) {
		/* The server closed a resting connection: libcurl finds out when it reuses it. */
		if (w->events && epoll_ctl(f->epoll_fd, EPOLL_CTL_DEL, fd, NULL) == 0)
			w->events = 0;
		return;
	}
	if (ev->events & EPOLLIN)
		action |= CURL_CSELECT_IN;
	if (ev->events & EPOLLOUT)
		action |= CURL_CSELECT_OUT;
	if (ev->events & (EPOLLERR | EPOLLHUP))
		action |= CURL_CSELECT_ERR;
	shard_act(shard, fd, action);
}

static void run_timers(struct floor *f)
{
	int64_t now = now_us();

	for (long i = 0; i < f->shards_n; i++) {
		struct shard *shard = &f->shards[i];

		if (shard->due_us < 0 || shard->due_us > now)
			continue;
		shard->due_us = -1;
		shard_act(shard, CURL_SOCKET_TIMEOUT, 0);
	}
}

static void run(struct floor *f)
{
	struct epoll_event events[EVENTS_PER_WAIT];

	while (f->finished_n < f->opts.requests_n) {
		start_some(f);
		int n = epoll_wait(f->epoll_fd, events, EVENTS_PER_WAIT, next_timeout_ms(f));

		if (n < 0 && errno != EINTR)
			die("epoll_wait: %s", strerror(errno));
		for (int i = 0; i < n; i++)
			handle_event(f, &events[i]);
		run_timers(f);
	}
}

/* ---- set-up and report ---- */

static X509_STORE *load_store(const char *cacert)
{
	const char *file = cacert ? cacert : "/etc/ssl/certs/ca-certificates.crt";
	X509_STORE *store = X509_STORE_new();

	if (!store || !X509_STORE_load_file(store, file))
		die("%s: %s", file, ERR_reason_error_string(ERR_get_error()));
	return store;
}

static void fill_body(char body[BODY_BYTES + 1])
{
	size_t head = sizeof(BODY_HEAD) - 1;
	size_t tail = sizeof(BODY_TAIL);

	memset(body, 'x', BODY_BYTES);
	memcpy(body, BODY_HEAD, head);
	memcpy(body + BODY_BYTES + 1 - tail, BODY_TAIL, tail);
}

static void floor_init(struct floor *f)
{
	long concurrency = f->opts.concurrency;
	long shards_n = (concurrency + SHARD_SLOTS - 1) / SHARD_SLOTS;
	size_t descriptors_n = (size_t)(concurrency + 4 * shards_n + SPARE_DESCRIPTORS);

	f->shards_n = shards_n;
	raise_descriptors(descriptors_n);
	/* Descriptors are given out lowest first; 2 x leaves room for what libraries open. */
	f->watches_n = 2 * descriptors_n;
	f->watches = allocate(f->watches_n, sizeof(*f->watches));
	f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll_fd < 0)
		die("epoll_create1: %s", strerror(errno));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		die("curl_global_init failed");
	if (strncmp(f->opts.url, "https:", 6) == 0)
		f->store = load_store(f->opts.cacert);
	f->headers = curl_slist_append(f->headers, "Content-Type: application/json");
	f->headers = curl_slist_append(f->headers, "Expect:");
	fill_body(f->body);
	f->shards = allocate((size_t)shards_n, sizeof(*f->shards));
	f->slots = allocate((size_t)concurrency, sizeof(*f->slots));
	for (long i = 0; i < shards_n; i++)
		shard_init(&f->shards[i], f, (uint32_t)i);
}

static void floor_release(struct floor *f)
{
	for (long i = 0; i < f->slots_started_n; i++)
		curl_easy_cleanup(f->slots[i].easy);
	for (long i = 0; i < f->shards_n; i++)
		curl_multi_cleanup(f->shards[i].multi);
	free(f->slots);
	free(f->shards);
	free(f->watches);
	curl_slist_free_all(f->headers);
	X509_STORE_free(f->store);
	close(f->epoll_fd);
	curl_global_cleanup();
}

static void report(const struct floor *f, int64_t wall_us)
{
	struct rusage ru;
	double n = (double)f->opts.requests_n;
	double steady_n = n - (double)f->opts.steady_after_n;
	double wall = (double)wall_us / 1e6;
	double user, sys, cpu_us_total;

	getrusage(RUSAGE_SELF, &ru);
	user = (double)timeval_us(ru.ru_utime) / 1e6;
	sys = (double)timeval_us(ru.ru_stime) / 1e6;
	cpu_us_total = (double)rusage_cpu_us(&ru);
	printf("{\"requests\":%.0f,\"concurrency\":%ld,", n, f->opts.concurrency);
	printf("\"errors\":%ld,\"wall\":%.6f,", f->failed_n, wall);
	printf("\"user\":%.6f,\"sys\":%.6f,", user, sys);
	printf("\"cpu_us_per_request\":%.3f,", cpu_us_total / n);
	if (steady_n > 0)
		printf("\"steady_cpu_us_per_request\":%.3f,",
			(cpu_us_total - (double)f->steady_cpu_us) / steady_n);
	printf("\"rps\":%.0f,\"max_rss_kb\":%ld}\n", n / wall, ru.ru_maxrss);
}

static void usage(void)
{
	fputs("usage: floor [-n REQUESTS] [-c CONCURRENCY] [--steady-after N] [--http1]\n"
	      "             [--new-connections] [--cacert FILE] URL\n",
		stderr);
	exit(2);
}

static struct options parse(int argc, char **argv)
{
	struct options o = { .requests_n = 20000, .concurrency = 256, .steady_after_n = 20000 };
	const struct option longs[] = {
		{ "steady-after", required_argument, NULL, 's' },
		{ "cacert", required_argument, NULL, 'C' },
		{ "http1", no_argument, &o.http1, 1 },
		{ "new-connections", no_argument, &o.new_connections, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "n:c:", longs, NULL)) != -1) {
		if (c == 'n')
			o.requests_n = number("-n", optarg);
		else if (c == 'c')
			o.concurrency = number("-c", optarg);
		else if (c == 's')
			o.steady_after_n = number("--steady-after", optarg);
		else if (c == 'C')
			o.cacert = optarg;
		else if (c != 0)
			usage();
	}
	if (optind != argc - 1 || o.requests_n == 0 || o.concurrency == 0)
		usage();
	o.url = argv[optind];
	return o;
}

int main(int argc, char **argv)
{
	struct floor f = { .opts = parse(argc, argv) };
	int64_t start_us = now_us();
	bool failed;

	floor_init(&f);
	run(&f);
	report(&f, now_us() - start_us);
	failed = f.failed_n > 0;
	floor_release(&f);
	return failed;
}
