/* SPDX-License-Identifier: MIT */
/*
 * Why many multi handles: libcurl looks for a connection to use again, and tidies up after a
 * transfer, by walking all connections of the multi handle. At 64 that is nothing, at 10,000 it is
 * twenty times the cost of the request. So each shard is a multi handle of at most 64 slots; one
 * epoll and one heap of timers serve them all.
 *
 * Why a ramp: ten thousand connects in one turn overflow the server's listen queue, and each one
 * dropped there costs a second. At most RAMP_MAX transfers are between start and sending; the rest
 * wait here.
 *
 * Why timeouts of our own: libcurl's cost a timer operation per transfer inside it, and it cannot
 * tell the patience of an attempt from that of a connection.
 */
#include "io/http.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "io/http_shard.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum {
	RAMP_MAX = 256,
	SPARE_DESCRIPTORS = 64, /* stdin, stdout, files, libraries, resolver threads */
	SHARD_DESCRIPTORS = 4   /* what a multi handle opens for itself */
};

/* An endpoint's slots. */
struct http_lane {
	const struct endpoint *endpoint; /* borrowed */
	struct http_tls *tls;            /* owned; NULL = plain http */
	struct http_shard *filling;      /* borrowed: the newest shard; NULL = none yet */
	struct list_node idle;           /* slots, the warmest first */
	struct list_node link;
};

struct http {
	const struct http_opts *opts; /* borrowed */
	struct wake *wake;            /* borrowed */
	struct http_hub hub;
	struct http_shard **shards; /* owned, and so is each */
	uint32_t shards_n;
	struct http_slot **slots; /* owned, and so is each */
	size_t slots_n;
	struct list_node lanes;
	struct list_node pending; /* attempts that wait for the ramp */
};

/* Gives how many requests in flight so many descriptors are enough for; 0 = not for one. */
static long long jobs_that_fit(long long descriptors)
{
	long long left = descriptors - SPARE_DESCRIPTORS;
	if (left <= SHARD_DESCRIPTORS)
		return 0;
	long long rest = left % (SHARD_SLOTS_MAX + SHARD_DESCRIPTORS) - SHARD_DESCRIPTORS;
	return left / (SHARD_SLOTS_MAX + SHARD_DESCRIPTORS) * SHARD_SLOTS_MAX +
		(rest > 0 ? rest : 0);
}

/* The limit cannot be raised so far. */
static bool refuse_jobs(int64_t jobs, rlim_t need, rlim_t limit, struct err *err)
{
	long long fit = jobs_that_fit((long long)limit);
	if (fit == 0)
		return err_set(err, ERR_USAGE,
			"even -j 1 needs %d open files, and the limit is %llu (ulimit -Hn)" LOG_HELP
			"for -j %lld, set it no lower than %llu",
			1 + SHARD_DESCRIPTORS + SPARE_DESCRIPTORS, (unsigned long long)limit,
			(long long)jobs, (unsigned long long)need);
	return err_set(err, ERR_USAGE,
		"-j %lld needs %llu open files, but the limit is %llu (ulimit -Hn)" LOG_HELP
		"-j %lld would fit",
		(long long)jobs, (unsigned long long)need, (unsigned long long)limit, fit);
}

static bool raise_descriptors(int64_t jobs, struct err *err)
{
	struct rlimit limit;
	int64_t shards = (jobs + SHARD_SLOTS_MAX - 1) / SHARD_SLOTS_MAX;
	rlim_t need = (rlim_t)(jobs + shards * SHARD_DESCRIPTORS + SPARE_DESCRIPTORS);
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_set_errno(err, ERR_INTERNAL, "getrlimit");
	if (limit.rlim_cur >= need)
		return true;
	if (limit.rlim_max < need)
		return refuse_jobs(jobs, need, limit.rlim_max, err);
	limit.rlim_cur = need;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_set_errno(err, ERR_INTERNAL, "setrlimit");
	return true;
}

static CURLSH *new_share(void)
{
	CURLSH *share = curl_share_init();
	if (!share)
		xalloc_die();
	/*
	 * Never CURL_LOCK_DATA_CONNECT: it breaks the reuse of connections between multi handles.
	 */
	curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	return share;
}

struct http *http_new(const struct http_opts *opts, struct wake *wake, struct err *err)
{
	if (!raise_descriptors(opts->jobs, err))
		return NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(err, ERR_INTERNAL, "libcurl cannot be initialised");
		return NULL;
	}
	struct http *h = xcalloc(1, sizeof *h);
	h->opts = opts;
	h->wake = wake;
	list_init(&h->lanes);
	list_init(&h->pending);
	list_init(&h->hub.kicked);
	list_init(&h->hub.done);
	heap_init(&h->hub.timers);
	heap_init(&h->hub.timeouts);
	h->hub.now_ms = clock_now_ms();
	h->hub.wall_s = clock_wall_s();
	h->hub.connect_timeout_ms = opts->connect_timeout_ms;
	h->hub.share = new_share();
	if (!http_poll_init(&h->hub.poll, wake->fd, err)) {
		http_free(h);
		return NULL;
	}
	return h;
}

bool http_add_endpoint(struct http *h, const struct endpoint *e, struct err *err)
{
	struct http_tls *tls = NULL;
	if (strncmp(e->origin, "https:", 6) == 0 && !(tls = http_tls_new(e, err)))
		return false;
	struct http_lane *lane = xcalloc(1, sizeof *lane);
	lane->endpoint = e;
	lane->tls = tls;
	list_init(&lane->idle);
	list_init(&lane->link);
	list_put(&h->lanes, &lane->link);
	return true;
}

static struct http_lane *lane_of(struct http *h, const struct endpoint *e)
{
	for (struct list_node *n = h->lanes.next; n != &h->lanes; n = n->next) {
		struct http_lane *lane = LIST_ENTRY(n, struct http_lane, link);
		if (lane->endpoint == e)
			return lane;
	}
	return NULL;
}

static struct http_shard *add_shard(struct http *h)
{
	h->shards = xrealloc(h->shards, h->shards_n + 1, sizeof *h->shards);
	h->shards[h->shards_n] = http_shard_new(&h->hub, h->shards_n);
	return h->shards[h->shards_n++];
}

/*
 * An idle slot of the lane, or a new one: handles are made as they are needed, so a small job opens
 * few connections.
 */
static struct http_slot *slot_for(struct http *h, struct http_lane *lane)
{
	struct list_node *warm = list_take(&lane->idle);
	if (warm)
		return LIST_ENTRY(warm, struct http_slot, link);
	if (!lane->filling || lane->filling->slots_n == SHARD_SLOTS_MAX)
		lane->filling = add_shard(h);
	struct http_slot *slot =
		http_slot_new(lane->filling, lane->endpoint, lane->tls, h->opts, &lane->idle);
	if ((h->slots_n & (h->slots_n - 1)) == 0)
		h->slots = xrealloc(h->slots, h->slots_n ? h->slots_n * 2 : 1, sizeof *h->slots);
	h->slots[h->slots_n++] = slot;
	return slot;
}

static void launch(struct http *h)
{
	struct list_node *node;
	while (h->hub.connecting_n < RAMP_MAX && (node = list_take(&h->pending))) {
		struct attempt *a = LIST_ENTRY(node, struct attempt, link);
		http_slot_start(slot_for(h, lane_of(h, a->endpoint)), a);
	}
}

void http_start(struct http *h, struct attempt *attempt)
{
	attempt->slot = NULL;
	attempt->sends_n = 0;
	attempt->first_byte_ms = -1;
	/* Before the first wait it may be long since this was read. */
	h->hub.now_ms = clock_now_ms();
	attempt->started_ms = h->hub.now_ms;
	buf_init(&attempt->answer, HTTP_BODY_MAX_BYTES);
	list_init(&attempt->link);
	list_put(&h->pending, &attempt->link);
	launch(h);
}

/*
 * Starts what the ramp allows and lets the shards work that asked for it, until nothing more
 * happens at once.
 */
static void advance(struct http *h)
{
	for (;;) {
		launch(h);
		struct list_node *node = list_take(&h->hub.kicked);
		if (!node)
			break;
		http_shard_act(LIST_ENTRY(node, struct http_shard, kick), CURL_SOCKET_TIMEOUT, 0);
	}
}

/* True if the attempt will have waited too long for its first byte before all its time is over. */
static bool is_late_first(const struct attempt *a)
{
	return a->first_byte_timeout_ms && a->first_byte_timeout_ms < a->timeout_ms;
}

/*
 * When the attempt that has waited longest for the ramp has had its time; INT64_MAX = none waits.
 */
static int64_t pending_end_ms(const struct http *h)
{
	if (list_is_empty(&h->pending))
		return INT64_MAX;
	const struct attempt *a = LIST_ENTRY(h->pending.next, struct attempt, link);
	return a->started_ms + (is_late_first(a) ? a->first_byte_timeout_ms : a->timeout_ms);
}

static void give_back(struct http *h, struct attempt *attempt, enum wire wire)
{
	list_remove(&attempt->link);
	attempt->wire = wire;
	attempt->ms = h->hub.now_ms - attempt->started_ms;
	list_put(&h->hub.done, &attempt->link);
}

static void run_timers(struct http *h)
{
	struct heap_node *node;
	while ((node = heap_peek(&h->hub.timers)) && node->key <= h->hub.now_ms) {
		heap_remove(&h->hub.timers, node);
		http_shard_act(HEAP_ENTRY(node, struct http_shard, timer), CURL_SOCKET_TIMEOUT, 0);
	}
	while ((node = heap_peek(&h->hub.timeouts)) && node->key <= h->hub.now_ms)
		http_slot_expire(HEAP_ENTRY(node, struct http_slot, timeout));
	while (pending_end_ms(h) <= h->hub.now_ms) {
		struct attempt *a = LIST_ENTRY(h->pending.next, struct attempt, link);
		give_back(h, a, is_late_first(a) ? WIRE_LATE : WIRE_TIMEOUT);
	}
}

static int sleep_ms(const struct http *h, int64_t timeout_ms)
{
	const struct heap_node *timer = heap_peek(&h->hub.timers);
	const struct heap_node *timeout = heap_peek(&h->hub.timeouts);
	int64_t ms = timeout_ms < 0 ? INT64_MAX : timeout_ms;
	if (!list_is_empty(&h->hub.done))
		return 0;
	if (timer && timer->key - h->hub.now_ms < ms)
		ms = timer->key - h->hub.now_ms;
	if (timeout && timeout->key - h->hub.now_ms < ms)
		ms = timeout->key - h->hub.now_ms;
	if (pending_end_ms(h) != INT64_MAX && pending_end_ms(h) - h->hub.now_ms < ms)
		ms = pending_end_ms(h) - h->hub.now_ms;
	if (ms == INT64_MAX)
		return -1;
	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static void handle(struct http *h, const struct http_event *e)
{
	int events = 0;
	if (e->events & EPOLLIN)
		events |= CURL_CSELECT_IN;
	if (e->events & EPOLLOUT)
		events |= CURL_CSELECT_OUT;
	if (e->events & (EPOLLERR | EPOLLHUP))
		events |= CURL_CSELECT_ERR;
	http_shard_act(h->shards[e->shard], e->fd, events);
}

void http_wait(struct http *h, int64_t timeout_ms)
{
	struct http_event events[HTTP_EVENTS_MAX];
	bool called = false;
	advance(h);
	size_t n = http_poll_wait(&h->hub.poll, sleep_ms(h, timeout_ms), events);
	h->hub.now_ms = clock_now_ms();
	h->hub.wall_s = clock_wall_s();
	for (size_t i = 0; i < n; i++) {
		if (events[i].is_wake)
			called = true;
		else
			handle(h, &events[i]);
	}
	wake_finish(h->wake, called);
	run_timers(h);
	advance(h);
}

struct attempt *http_take_done(struct http *h)
{
	struct list_node *node = list_take(&h->hub.done);
	return node ? LIST_ENTRY(node, struct attempt, link) : NULL;
}

void http_extend(struct http *h, struct attempt *attempt, int64_t timeout_ms)
{
	assert(timeout_ms >= attempt->timeout_ms);
	(void)h; /* A timer that comes too early looks at what is due, and is set again. */
	attempt->timeout_ms = timeout_ms;
}

void http_cancel(struct http *h, struct attempt *attempt)
{
	if (attempt->slot) {
		http_slot_end(attempt->slot, WIRE_CANCELLED);
	} else {
		give_back(h, attempt, WIRE_CANCELLED);
	}
}

static void free_lanes(struct http *h)
{
	struct list_node *node;
	while ((node = list_take(&h->lanes))) {
		struct http_lane *lane = LIST_ENTRY(node, struct http_lane, link);
		http_tls_free(lane->tls);
		free(lane);
	}
}

const char *http_libraries(void)
{
	return curl_version();
}

void http_free(struct http *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->slots_n; i++)
		http_slot_free(h->slots[i]);
	for (uint32_t i = 0; i < h->shards_n; i++)
		http_shard_free(h->shards[i]);
	free(h->slots);
	free(h->shards);
	free_lanes(h);
	curl_share_cleanup(h->hub.share);
	http_poll_release(&h->hub.poll);
	heap_release(&h->hub.timers);
	heap_release(&h->hub.timeouts);
	free(h);
	curl_global_cleanup();
}
