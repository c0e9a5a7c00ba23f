/* SPDX-License-Identifier: MIT */
/*
 * Stands in for io/http: an attempt flies for as long as the upstream's script says, and
 * sleeping moves the clock to the next thing that happens. Sleeping when nothing will ever
 * happen is a stall.
 */
#include "io/http.h"

#include "base/heap.h"
#include "base/list.h"
#include "base/xalloc.h"
#include "check.h"
#include "upstream.h"
#include "words.h"
#include "world.h"

#include <poll.h>
#include <stdlib.h>

/* Of 100 sleeps: how many end for no reason, and how many a little late. */
#define SPURIOUS_PERCENT 2
#define LATE_PERCENT 80

/* Longer than anything here waits for: as good as for ever. */
#define FAR_MS (SCENARIO_FOREVER * 1000)

struct flight {
	struct heap_node end;
	struct attempt *attempt;
	uint64_t seq;       /* the number of what is asked about */
	struct reply whole; /* if nobody ends it before */
	struct reply reply;
	bool is_done;
};

struct http {
	struct wake *wake;
	struct heap flights;
	struct list_node done;
	unsigned endpoints_n; /* those that were added */
};

struct http *http_new(const struct http_opts *opts, struct wake *wake, struct err *err)
{
	struct http *h = xcalloc(1, sizeof *h);
	(void)opts;
	(void)err;
	h->wake = wake;
	heap_init(&h->flights);
	list_init(&h->done);
	return h;
}

bool http_add_endpoint(struct http *h, const struct endpoint *e, struct err *err)
{
	(void)err;
	if (e != &world.endpoints[h->endpoints_n++])
		check_fail("an endpoint is added out of turn");
	return true;
}

static unsigned endpoint_of(const struct http *h, const struct attempt *attempt)
{
	for (unsigned i = 0; i < h->endpoints_n; i++)
		if (attempt->endpoint == &world.endpoints[i])
			return i;
	check_fail("an attempt goes to an endpoint that was not added");
}

/* Says when and how the flight ends, by what its attempt allows. */
static void aim(struct http *h, struct flight *f)
{
	const struct attempt *a = f->attempt;
	f->reply = f->whole;
	if (f->reply.ms >= a->timeout_ms) {
		f->reply.kind = REPLY_TIMEOUT;
		f->reply.ms = a->timeout_ms;
		f->reply.hint_ms = f->reply.advice = -1;
		f->reply.told.n = 0;
	}
	heap_put(&h->flights, &f->end, a->started_ms + f->reply.ms);
}

void http_extend(struct http *h, struct attempt *attempt, int64_t timeout_ms)
{
	struct flight *f = attempt->slot;
	if (!f || timeout_ms < attempt->timeout_ms)
		check_fail("an attempt gets more time that has been given back, or less");
	attempt->timeout_ms = timeout_ms;
	if (f->is_done)
		return;
	heap_remove(&h->flights, &f->end);
	aim(h, f);
}

void http_start(struct http *h, struct attempt *attempt)
{
	world_stir();
	unsigned endpoint = endpoint_of(h, attempt);
	struct flight *f = xcalloc(1, sizeof *f);
	attempt->slot = f;
	attempt->started_ms = world.now_ms;
	f->attempt = attempt;
	f->seq = words_asked(attempt);
	heap_node_init(&f->end);
	upstream_enter(endpoint, f->seq, check_start(f->seq, endpoint, attempt), &f->whole);
	words_judge(f->seq, &f->whole);
	check_billed(&f->whole);
	list_init(&attempt->link);
	aim(h, f);
	world_trace("start  #%llu.%u at %u", (unsigned long long)f->seq, f->reply.nth, endpoint);
}

/* Ends a flight so that http_take_done gives the attempt back. */
static void land(struct http *h, struct flight *f)
{
	struct attempt *a = f->attempt;
	heap_remove(&h->flights, &f->end);
	upstream_leave(&f->reply);
	f->reply.end_ms = world.now_ms;
	words_fill(&f->reply, f->seq, a);
	world_trace("%-7s#%llu.%u at %u, hint %lld", reply_laws[f->reply.kind].name,
		(unsigned long long)f->seq, f->reply.nth, f->reply.endpoint,
		(long long)f->reply.hint_ms);
	a->sends_n = a->wire != WIRE_NO_CONNECTION;
	a->ms = f->reply.ms;
	a->first_byte_ms = a->wire == WIRE_COMPLETE ? f->reply.ms : -1;
	list_put(&h->done, &a->link);
	f->is_done = true;
}

static bool is_called(const struct http *h)
{
	struct pollfd fd = { .fd = h->wake->fd, .events = POLLIN };
	return poll(&fd, 1, 0) > 0;
}

static void pass_time(struct http *h, int64_t timeout_ms)
{
	struct heap_node *first = heap_peek(&h->flights);
	int64_t until = world_due_ms();
	if (first && first->key < until)
		until = first->key;
	if (timeout_ms >= 0 && timeout_ms < FAR_MS && world.now_ms + timeout_ms < until)
		until = world.now_ms + timeout_ms;
	if (until == NEVER)
		check_fail("stall: asleep for ever, with nothing in flight and nothing to come");
	if (until <= world.now_ms)
		return;
	if (world_chance(SPURIOUS_PERCENT))
		until = world_pick((struct range){ world.now_ms, until });
	else if (world_chance(LATE_PERCENT))
		until += world_pick((struct range){ 0, 2 });
	world.now_ms = until;
}

void http_wait(struct http *h, int64_t timeout_ms)
{
	struct heap_node *first;
	bool is_awake = is_called(h) || !list_is_empty(&h->done);
	check_sleep(timeout_ms, is_awake);
	if (!is_awake)
		pass_time(h, timeout_ms);
	world_happen();
	while ((first = heap_peek(&h->flights)) && first->key <= world.now_ms)
		land(h, HEAP_ENTRY(first, struct flight, end));
	wake_finish(h->wake, is_called(h));
}

struct attempt *http_take_done(struct http *h)
{
	world_stir();
	struct list_node *node = list_take(&h->done);
	if (!node)
		return NULL;
	struct attempt *a = LIST_ENTRY(node, struct attempt, link);
	struct flight *f = a->slot;
	a->slot = NULL;
	check_finish(f->seq, &f->reply);
	free(f);
	return a;
}

void http_cancel(struct http *h, struct attempt *attempt)
{
	struct flight *f = attempt->slot;
	if (!f)
		check_fail("an attempt is cut off that has been given back");
	if (f->is_done)
		return;
	check_cancel(f->seq);
	f->reply.kind = REPLY_CANCELLED;
	f->reply.ms = world.now_ms - attempt->started_ms;
	f->reply.hint_ms = f->reply.advice = -1;
	f->reply.told.n = 0;
	land(h, f);
}

void http_free(struct http *h)
{
	struct heap_node *node;
	struct list_node *done;
	if (!h)
		return;
	while ((node = heap_take(&h->flights)))
		free(HEAP_ENTRY(node, struct flight, end));
	while ((done = list_take(&h->done)))
		free(LIST_ENTRY(done, struct attempt, link)->slot);
	heap_release(&h->flights);
	free(h);
}
