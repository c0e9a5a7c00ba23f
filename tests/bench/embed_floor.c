/* SPDX-License-Identifier: MIT */
/*
 * embed_floor: what libcurl itself costs where the answers are large.
 *
 * usage: embed_floor [-n REQUESTS] [-c CONCURRENCY] [-t TEXTS] [-b BUFFER] [-6] [-o FILE] URL
 *
 * The exchange of `pllm embed`, and nothing else: a constant request of TEXTS texts goes out, its
 * answer is copied to memory, nobody looks at it. -6 asks for base64. With -o the answers are
 * written to FILE too, each in one piece: what the file system takes for the same bytes.
 *
 * One multi handle, curl_multi_socket_action, one epoll set. libcurl's receive buffer is 256 kB
 * unless -b says otherwise: with its own 16 kB an answer of 2.5 MB costs a third more.
 */
#include "common.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_PER_WAIT 64
#define TEXT_ROOM 64 /* bytes of a text in the request */

struct options {
	const char *url;
	const char *output; /* NULL: nowhere */
	long requests_n;
	long concurrency;
	long texts_n;
	long buffer_bytes;
	bool is_base64;
};

struct slot {
	struct floor *floor;
	CURL *easy;
	char *answer; /* kept from one answer to the next */
	size_t room;
	size_t bytes;
};

struct floor {
	struct options opts;
	struct slot *slots;
	CURLM *multi;
	struct curl_slist *headers;
	char *body;
	size_t body_bytes;
	int64_t due_us; /* when libcurl wants to be called without an event; -1 = never */
	size_t answer_bytes;
	long started_n;
	long finished_n;
	int epoll_fd;
	int output_fd;
};

/* ---- libcurl's callbacks ---- */

static size_t on_answer(char *data, size_t size, size_t n, void *arg)
{
	struct slot *slot = arg;
	size_t bytes = size * n;

	while (slot->room - slot->bytes < bytes)
		slot->answer = grow(slot->answer, &slot->room, 1);
	memcpy(slot->answer + slot->bytes, data, bytes);
	slot->bytes += bytes;
	return bytes;
}

/* The last argument, libcurl's own for the socket, is not NULL once epoll knows the socket. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct floor *f = arg;
	struct epoll_event ev = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(f->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		ev.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		ev.events |= EPOLLOUT;
	if (epoll_ctl(f->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev) < 0)
		die("epoll_ctl: %s", strerror(errno));
	curl_multi_assign(f->multi, fd, f);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct floor *f = arg;

	(void)multi;
	f->due_us = timeout_ms < 0 ? -1 : now_us() + timeout_ms * 1000;
	return 0;
}

/* ---- slots ---- */

static void slot_init(struct slot *slot, struct floor *f)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		die("curl_easy_init failed");
	slot->floor = f;
	slot->easy = easy;
	curl_easy_setopt(easy, CURLOPT_URL, f->opts.url);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, f->opts.buffer_bytes);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, f->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, f->body);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)f->body_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
}

static void slot_start(struct slot *slot)
{
	slot->bytes = 0;
	slot->floor->started_n++;
	if (curl_multi_add_handle(slot->floor->multi, slot->easy) != CURLM_OK)
		die("curl_multi_add_handle failed");
}

static void slot_finish(struct slot *slot, CURLcode result)
{
	struct floor *f = slot->floor;
	long status = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(f->multi, slot->easy);
	if (result != CURLE_OK || status != 200)
		die("%ld: %s", status, curl_easy_strerror(result));
	if (f->output_fd >= 0 &&
		write(f->output_fd, slot->answer, slot->bytes) != (ssize_t)slot->bytes)
		die("%s: %s", f->opts.output, strerror(errno));
	f->answer_bytes += slot->bytes;
	f->finished_n++;
	if (f->started_n < f->opts.requests_n)
		slot_start(slot);
}

/* ---- the loop ---- */

static void act(struct floor *f, curl_socket_t fd, int action)
{
	CURLMsg *msg;
	int running, left;

	if (curl_multi_socket_action(f->multi, fd, action, &running) != CURLM_OK)
		die("curl_multi_socket_action failed");
	while ((msg = curl_multi_info_read(f->multi, &left))) {
		CURLcode result = msg->data.result;
		struct slot *slot;

		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &slot);
		slot_finish(slot, result);
	}
}

static int next_timeout_ms(const struct floor *f)
{
	int64_t wait_us;

	if (f->due_us < 0)
		return -1;
	wait_us = f->due_us - now_us();
	return wait_us <= 0 ? 0 : (int)((wait_us + 999) / 1000);
}

static int action_of(uint32_t events)
{
	int action = 0;

	if (events & EPOLLIN)
		action |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		action |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		action |= CURL_CSELECT_ERR;
	return action;
}

static void run(struct floor *f)
{
	struct epoll_event events[EVENTS_PER_WAIT];

	for (long i = 0; i < f->opts.concurrency && f->started_n < f->opts.requests_n; i++)
		slot_start(&f->slots[i]);
	while (f->finished_n < f->opts.requests_n) {
		int n = epoll_wait(f->epoll_fd, events, EVENTS_PER_WAIT, next_timeout_ms(f));

		if (n < 0 && errno != EINTR)
			die("epoll_wait: %s", strerror(errno));
		for (int i = 0; i < n; i++)
			act(f, events[i].data.fd, action_of(events[i].events));
		if (f->due_us >= 0 && now_us() >= f->due_us) {
			f->due_us = -1;
			act(f, CURL_SOCKET_TIMEOUT, 0);
		}
	}
}

/* ---- set-up ---- */

static void make_body(struct floor *f)
{
	size_t room = ((size_t)f->opts.texts_n + 2) * TEXT_ROOM;
	size_t n = 0;

	f->body = allocate(room, 1);
	n += (size_t)snprintf(f->body, room, "{\"model\":\"m\",%s\"input\":[",
		f->opts.is_base64 ? "\"encoding_format\":\"base64\"," : "");
	for (long i = 0; i < f->opts.texts_n; i++)
		n += (size_t)snprintf(
			f->body + n, room - n, "%s\"%08ld a text to embed\"", i > 0 ? "," : "", i);
	n += (size_t)snprintf(f->body + n, room - n, "]}");
	f->body_bytes = n;
}

static void floor_init(struct floor *f)
{
	f->due_us = -1;
	f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll_fd < 0)
		die("epoll_create1: %s", strerror(errno));
	f->output_fd = -1;
	if (f->opts.output) {
		f->output_fd = open(f->opts.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (f->output_fd < 0)
			die("%s: %s", f->opts.output, strerror(errno));
	}
	f->multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
	if (!f->multi)
		die("libcurl cannot be started");
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
	curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, 2 * f->opts.concurrency);
	f->headers = curl_slist_append(f->headers, "Content-Type: application/json");
	f->headers = curl_slist_append(f->headers, "Expect:");
	make_body(f);
	f->slots = allocate((size_t)f->opts.concurrency, sizeof(*f->slots));
	for (long i = 0; i < f->opts.concurrency; i++)
		slot_init(&f->slots[i], f);
}

static void floor_release(struct floor *f)
{
	for (long i = 0; i < f->opts.concurrency; i++) {
		curl_easy_cleanup(f->slots[i].easy);
		free(f->slots[i].answer);
	}
	curl_multi_cleanup(f->multi);
	curl_slist_free_all(f->headers);
	curl_global_cleanup();
	free(f->slots);
	free(f->body);
	if (f->output_fd >= 0)
		close(f->output_fd);
	close(f->epoll_fd);
}

static struct options parse(int argc, char **argv)
{
	struct options o = {
		.requests_n = 100, .concurrency = 8, .texts_n = 128, .buffer_bytes = 256L << 10
	};
	int c;

	while ((c = getopt(argc, argv, "n:c:t:b:o:6")) != -1) {
		if (c == 'n')
			o.requests_n = number("-n", optarg);
		else if (c == 'c')
			o.concurrency = number("-c", optarg);
		else if (c == 't')
			o.texts_n = number("-t", optarg);
		else if (c == 'b')
			o.buffer_bytes = number("-b", optarg);
		else if (c == 'o')
			o.output = optarg;
		else if (c == '6')
			o.is_base64 = true;
		else
			exit(2);
	}
	if (optind != argc - 1 || o.concurrency == 0 || o.concurrency > 1000)
		die("usage: embed_floor [-n REQUESTS] [-c CONCURRENCY] [-t TEXTS] [-b BUFFER]"
		    " [-6] [-o FILE] URL");
	o.url = argv[optind];
	return o;
}

int main(int argc, char **argv)
{
	struct floor f = { .opts = parse(argc, argv) };

	floor_init(&f);
	run(&f);
	printf("%zu\n", f.answer_bytes);
	floor_release(&f);
	return 0;
}
