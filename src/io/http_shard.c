/* SPDX-License-Identifier: MIT */
/*
 * A slot has one timer and up to four reasons for it: connecting, the first byte, silence between
 * bytes, the whole. It is set for the earliest moment at which any of them could be due and asks
 * only then which is: a byte that comes costs one store and no timer operation.
 */
#include "io/http_shard.h"

#include "base/clock.h"
#include "base/spare.h"
#include "base/xalloc.h"
#include "io/http_header.h"
#include "io/http_send.h"
#include "io/url.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* After so long libcurl gives up connecting by itself. */
#define CURL_CONNECT_TIMEOUT_MS 300000

enum { ROOM_MAX_BYTES = 4 << 20, LARGE_BUFFER_BYTES = 256 << 10 };

/* libcurl callbacks of the multi handle */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *shard, void *unused)
{
	struct http_shard *s = shard;
	uint32_t wanted = 0;
	(void)easy;
	(void)unused;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		wanted |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		wanted |= EPOLLOUT;
	http_poll_want(&s->hub->poll, fd, s->index, wanted);
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *shard)
{
	struct http_shard *s = shard;
	(void)multi;
	heap_remove(&s->hub->timers, &s->timer);
	list_remove(&s->kick);
	if (timeout_ms == 0)
		list_put(&s->hub->kicked, &s->kick);
	else if (timeout_ms > 0)
		/*
		 * The hub's time is that of the turn's beginning, and a long turn would make the
		 * timer early.
		 */
		heap_put(&s->hub->timers, &s->timer, clock_now_ms() + timeout_ms);
	return 0;
}

/*
 * libcurl says once when it wants to be called. Called a millisecond early it finds nothing to do,
 * and does not say again: a shard without a timer must be asked, or its transfers sleep for ever.
 */
static void ask_timer(struct http_shard *s)
{
	long timeout_ms = -1;
	if (heap_has(&s->timer) || !list_is_empty(&s->kick))
		return;
	curl_multi_timeout(s->multi, &timeout_ms);
	if (timeout_ms >= 0)
		heap_put(&s->hub->timers, &s->timer,
			clock_now_ms() + (timeout_ms > 0 ? timeout_ms : 1));
}

/* libcurl callbacks of an easy handle */

static int on_close(void *hub, curl_socket_t fd)
{
	struct http_hub *h = hub;
	http_poll_forget(&h->poll, fd);
	return close(fd);
}

/* Called for each socket that will be a connection: only these are closed through on_close. */
static int on_open(void *hub, curl_socket_t fd, curlsocktype purpose)
{
	struct http_hub *h = hub;
	(void)purpose;
	http_poll_adopt(&h->poll, fd);
	return CURL_SOCKOPT_OK;
}

static void leave_connecting(struct http_slot *slot)
{
	slot->shard->hub->connecting_n -= slot->is_connecting;
	slot->is_connecting = false;
}

/*
 * Called when a connection is about to carry the request. A second time for one attempt means that
 * libcurl found the first connection dead after sending and would quietly send, and have billed,
 * the request once more.
 */
static int on_send(void *slot, char *ip, char *local_ip, int port, int local_port)
{
	struct http_slot *s = slot;
	(void)ip;
	(void)local_ip;
	(void)port;
	(void)local_port;
	leave_connecting(s);
	if (s->attempt->sends_n > 0) {
		s->is_resent = true;
		return CURL_PREREQFUNC_ABORT;
	}
	s->attempt->sends_n++;
	return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *line, size_t size, size_t n, void *slot)
{
	struct http_slot *s = slot;
	(void)size; /* always 1 */
	s->header_bytes += n;
	if (s->header_bytes > HTTP_HEADERS_MAX_BYTES) {
		s->is_too_large = true;
		return 0;
	}
	if (memchr(line, ':', n))
		http_header_read(s->attempt, line, n, s->shard->hub->wall_s);
	return n;
}

/*
 * False while nothing came but what keeps a stream open: comments, which servers send before the
 * model has said a word, and empty lines.
 */
static bool has_begun(struct http_slot *slot, const char *bytes, size_t n)
{
	const char *end = bytes + n;
	if (!slot->attempt->is_event_stream)
		return true;
	for (const char *at = bytes; at < end; at++) {
		if (slot->is_in_comment) {
			at = memchr(at, '\n', (size_t)(end - at));
			if (!at)
				return false;
			slot->is_in_comment = false;
		} else if (*at == ':') {
			slot->is_in_comment = true;
		} else if (*at != '\r' && *at != '\n') {
			return true;
		}
	}
	return false;
}

/*
 * Makes room for all of the answer at its first bytes, if the server says how much that is: so it
 * is not moved as it grows. A server's word is not enough for more than what is usual.
 */
static void make_room(struct http_slot *s)
{
	curl_off_t n = 0;
	curl_easy_getinfo(s->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n);
	if (n > 0 && s->attempt->answer.cap == 0)
		spare_take(&s->attempt->answer, (size_t)(n < ROOM_MAX_BYTES ? n : ROOM_MAX_BYTES));
}

static size_t on_body(char *bytes, size_t size, size_t n, void *slot)
{
	struct http_slot *s = slot;
	int64_t now_ms = s->shard->hub->now_ms;
	(void)size; /* always 1 */
	s->last_byte_ms = now_ms;
	if (s->attempt->first_byte_ms < 0 && has_begun(s, bytes, n))
		s->attempt->first_byte_ms = now_ms - s->attempt->started_ms;
	if (s->attempt->answer.len == 0)
		make_room(s);
	if (buf_put(&s->attempt->answer, bytes, n))
		return n;
	s->is_too_large = true;
	return 0;
}

/* slots */

static void set_callbacks(struct http_slot *slot)
{
	CURL *easy = slot->easy;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, slot);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_send);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, slot);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, slot->shard->hub);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, slot->shard->hub);
}

static void set_endpoint(
	struct http_slot *slot, const struct endpoint *e, const struct http_opts *opts)
{
	CURL *easy = slot->easy;
	for (size_t i = 0; i < e->headers_n; i++)
		slot->headers = curl_slist_append(slot->headers, e->headers[i]);
	/* "Expect: 100-continue" costs a round trip and serves nobody here. */
	slot->headers = curl_slist_append(slot->headers, "Expect:");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, slot->headers);
	curl_easy_setopt(easy, CURLOPT_URL, e->url);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	/*
	 * Compression pays on a network; on this machine it only costs, 8 % of a request's
	 * instructions.
	 */
	if (!e->is_loopback)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	/* Read in pieces of 16 kB, megabytes cost more system calls than all else together. */
	if (opts->has_large_answers)
		curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)LARGE_BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	/* Ours is shorter, and costs no timer in libcurl; a longer one must be told. */
	if (opts->connect_timeout_ms > CURL_CONNECT_TIMEOUT_MS)
		curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)opts->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_SHARE, slot->shard->hub->share);
	if (e->is_loopback)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (e->unix_path)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, e->unix_path);
}

struct http_slot *http_slot_new(struct http_shard *s, const struct endpoint *e,
	const struct http_tls *tls, const struct http_opts *opts, struct list_node *idle)
{
	struct http_slot *slot = xcalloc(1, sizeof *slot);
	slot->shard = s;
	slot->idle = idle;
	slot->easy = curl_easy_init();
	if (!slot->easy)
		xalloc_die();
	heap_node_init(&slot->timeout);
	list_init(&slot->link);
	set_callbacks(slot);
	set_endpoint(slot, e, opts);
	if (tls)
		http_tls_arm(tls, e, slot->easy);
	else
		curl_easy_setopt(slot->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	s->slots_n++;
	return slot;
}

static int64_t min_ms(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What has lasted too long by now; WIRE_COMPLETE if nothing has. */
static enum wire overdue(const struct http_slot *slot)
{
	const struct attempt *a = slot->attempt;
	int64_t now_ms = slot->shard->hub->now_ms;
	if (a->started_ms + a->timeout_ms <= now_ms)
		return WIRE_TIMEOUT;
	if (a->sends_n == 0 && slot->connect_end_ms <= now_ms)
		return WIRE_CONNECT_TIMEOUT;
	if (a->first_byte_timeout_ms && a->first_byte_ms < 0 &&
		a->started_ms + a->first_byte_timeout_ms <= now_ms)
		return WIRE_LATE;
	if (a->idle_timeout_ms && slot->last_byte_ms >= 0 &&
		slot->last_byte_ms + a->idle_timeout_ms <= now_ms)
		return WIRE_IDLE;
	return WIRE_COMPLETE;
}

/* Sets the timer: no later than anything can be due, though perhaps nothing will be by then. */
static void set_timer(struct http_slot *slot)
{
	struct http_hub *hub = slot->shard->hub;
	const struct attempt *a = slot->attempt;
	int64_t due_ms = a->started_ms + a->timeout_ms;
	if (a->sends_n == 0)
		due_ms = min_ms(due_ms, slot->connect_end_ms);
	if (a->first_byte_timeout_ms && a->first_byte_ms < 0)
		due_ms = min_ms(due_ms, a->started_ms + a->first_byte_timeout_ms);
	if (a->idle_timeout_ms)
		due_ms = min_ms(due_ms,
			(slot->last_byte_ms < 0 ? hub->now_ms : slot->last_byte_ms) +
				a->idle_timeout_ms);
	heap_put(&hub->timeouts, &slot->timeout, due_ms);
}

void http_slot_start(struct http_slot *slot, struct attempt *attempt)
{
	struct http_hub *hub = slot->shard->hub;
	assert(!slot->attempt);
	slot->attempt = attempt;
	attempt->slot = slot;
	slot->header_bytes = 0;
	slot->last_byte_ms = -1;
	slot->is_resent = slot->is_too_large = slot->is_in_comment = false;
	slot->error[0] = '\0';
	slot->is_connecting = true;
	hub->connecting_n++;
	slot->connect_end_ms = hub->now_ms + hub->connect_timeout_ms;
	set_timer(slot);
	http_send_arm(slot);
	curl_multi_add_handle(slot->shard->multi, slot->easy);
}

void http_slot_expire(struct http_slot *slot)
{
	enum wire wire = overdue(slot);
	heap_remove(&slot->shard->hub->timeouts, &slot->timeout);
	if (wire != WIRE_COMPLETE)
		http_slot_end(slot, wire);
	else
		set_timer(slot);
}

void http_slot_end(struct http_slot *slot, enum wire wire)
{
	struct http_hub *hub = slot->shard->hub;
	struct attempt *a = slot->attempt;
	long status = 0;
	assert(a);
	leave_connecting(slot);
	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(slot->shard->multi, slot->easy);
	http_send_release(slot);
	heap_remove(&hub->timeouts, &slot->timeout);
	a->wire = wire;
	a->status = (int)status;
	a->ms = hub->now_ms - a->started_ms;
	/* Where we stopped it ourselves, the library only knows that somebody did. */
	bool is_ours = slot->is_too_large || slot->is_resent;
	if (wire != WIRE_COMPLETE && !is_ours && slot->error[0]) {
		a->detail = xstrdup(slot->error);
		url_hide_proxy_user(a->detail);
	}
	a->slot = NULL;
	slot->attempt = NULL;
	list_put(&hub->done, &a->link);
	/* To the front: the warmest connection is used next. */
	list_push(slot->idle, &slot->link);
}

void http_slot_free(struct http_slot *slot)
{
	if (slot->attempt) {
		curl_multi_remove_handle(slot->shard->multi, slot->easy);
		heap_remove(&slot->shard->hub->timeouts, &slot->timeout);
	}
	http_send_release(slot);
	curl_easy_cleanup(slot->easy);
	curl_slist_free_all(slot->headers);
	list_remove(&slot->link);
	free(slot);
}

/* shards */

struct http_shard *http_shard_new(struct http_hub *hub, uint32_t index)
{
	struct http_shard *s = xcalloc(1, sizeof *s);
	s->hub = hub;
	s->index = index;
	s->multi = curl_multi_init();
	if (!s->multi)
		xalloc_die();
	heap_node_init(&s->timer);
	list_init(&s->kick);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	/*
	 * The default, 4 x the handles added at the moment, would close connections while a shard
	 * is idle.
	 */
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, (long)(2 * SHARD_SLOTS_MAX));
	return s;
}

void http_shard_free(struct http_shard *s)
{
	curl_multi_cleanup(s->multi);
	heap_remove(&s->hub->timers, &s->timer);
	list_remove(&s->kick);
	free(s);
}

/*
 * What some of the library's errors mean, before and after the request was sent. All others: no
 * connection, or closed.
 */
static const struct {
	CURLcode code;
	enum wire unsent;
	enum wire sent;
} meanings[] = {
	{ CURLE_PEER_FAILED_VERIFICATION, WIRE_TLS, WIRE_TLS },
	{ CURLE_SSL_CERTPROBLEM, WIRE_TLS, WIRE_TLS }, { CURLE_SSL_CIPHER, WIRE_TLS, WIRE_TLS },
	{ CURLE_SSL_CACERT_BADFILE, WIRE_TLS, WIRE_TLS },
	{ CURLE_SSL_ISSUER_ERROR, WIRE_TLS, WIRE_TLS },
	{ CURLE_OPERATION_TIMEDOUT, WIRE_CONNECT_TIMEOUT, WIRE_TIMEOUT },
	{ CURLE_UNSUPPORTED_PROTOCOL, WIRE_NOT_HTTP, WIRE_NOT_HTTP }, /* HTTP/0.9 */
	{ CURLE_WEIRD_SERVER_REPLY, WIRE_NOT_HTTP, WIRE_NOT_HTTP },
	{ CURLE_OUT_OF_MEMORY, WIRE_NO_CONNECTION,
		WIRE_TOO_LARGE }, /* how it says that a header line is too long */
};

static enum wire wire_of(const struct http_slot *slot, CURLcode code)
{
	bool sent = slot->attempt->sends_n > 0;
	if (code == CURLE_OK)
		return WIRE_COMPLETE;
	if (slot->is_too_large)
		return WIRE_TOO_LARGE;
	if (slot->is_resent)
		return WIRE_CLOSED;
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (meanings[i].code == code)
			return sent ? meanings[i].sent : meanings[i].unsent;
	if (!sent)
		return WIRE_NO_CONNECTION;
	return slot->header_bytes > 0 ? WIRE_CUT : WIRE_CLOSED;
}

void http_shard_act(struct http_shard *s, curl_socket_t fd, int events)
{
	int running, left;
	CURLMsg *message;
	curl_multi_socket_action(s->multi, fd, events, &running);
	/* At once: removing a handle walks the list of messages not yet read. */
	while ((message = curl_multi_info_read(s->multi, &left))) {
		struct http_slot *slot = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
		/* Once sent, that a second connection failed explains nothing. */
		if (code == CURLE_COULDNT_CONNECT && slot->attempt->sends_n > 0)
			slot->error[0] = '\0';
		http_slot_end(slot, wire_of(slot, code));
	}
	if (fd == CURL_SOCKET_TIMEOUT)
		ask_timer(s);
}
