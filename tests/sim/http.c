/* SPDX-License-Identifier: MIT */
/*
 * Stands in for io/http: an attempt flies for as long as the upstream's script says, and
 * sleeping moves the clock to the next thing that happens. Sleeping when nothing will ever
 * happen is a stall.
 */
#include "io/http.h"

#include "base/heap.h"
#include "base/list.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "check.h"
#include "fakes.h"
#include "upstream.h"
#include "world.h"

#include <poll.h>
#include <stdlib.h>

/* Of 100 sleeps: how many end for no reason, and how many a little late. */
#define SPURIOUS_PERCENT 2
#define LATE_PERCENT 10

/* Longer than anything here waits for: as good as for ever. */
#define FAR_MS (SCENARIO_FOREVER * 1000)

struct flight {
	struct heap_node end;
	struct attempt *attempt;
	uint64_t seq;
	struct reply reply;
};

struct http {
	struct wake *wake;
	struct heap flights;
	struct list_node done;
	const struct endpoint *endpoint;
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
	h->endpoint = e;
	return true;
}

/* What the prompt asks about: it is "ask N." and nothing else. */
static uint64_t read_body(struct span body)
{
	const struct span before =
		SPAN("{\"model\":\"sim\",\"messages\":[{\"role\":\"user\",\"content\":\"ask ");
	const struct span after = SPAN(".\"}]}");
	int64_t id;
	if (body.n < before.n + after.n || memcmp(body.at, before.at, before.n) != 0 ||
		memcmp(body.at + body.n - after.n, after.at, after.n) != 0 ||
		!units_parse_int(
			(struct span){ body.at + before.n, body.n - before.n - after.n }, &id) ||
		id % 3 != 1)
		check_fail("strange request: %.*s", (int)body.n, body.at);
	return (uint64_t)id / 3;
}

void http_start(struct http *h, struct attempt *attempt)
{
	world_stir();
	if (attempt->endpoint != h->endpoint)
		check_fail("an attempt goes to an endpoint that was not added");
	struct flight *f = xcalloc(1, sizeof *f);
	attempt->slot = f;
	f->attempt = attempt;
	f->seq = read_body(buf_span(&attempt->body));
	heap_node_init(&f->end);
	f->reply = upstream_enter(f->seq, check_start(f->seq, attempt));
	if (f->reply.ms >= attempt->timeout_ms)
		f->reply = (struct reply){
			.kind = REPLY_TIMEOUT,
			.ms = attempt->timeout_ms,
			.hint_ms = -1,
			.advice = -1,
			.nth = f->reply.nth,
		};
	list_init(&attempt->link);
	heap_put(&h->flights, &f->end, world.now_ms + f->reply.ms);
	world_trace("start  #%llu.%u", (unsigned long long)f->seq, f->reply.nth);
}

/* Ends a flight so that http_take_done gives the attempt back. */
static void land(struct http *h, struct flight *f)
{
	struct attempt *a = f->attempt;
	heap_remove(&h->flights, &f->end);
	upstream_leave();
	upstream_fill(&f->reply, fake_id(f->seq), a);
	world_trace("%-7s#%llu.%u", reply_laws[f->reply.kind].name, (unsigned long long)f->seq,
		f->reply.nth);
	check_finish(f->seq, &f->reply);
	a->slot = NULL;
	a->sends_n = a->wire != WIRE_NO_CONNECTION;
	a->ms = f->reply.ms;
	list_put(&h->done, &a->link);
	free(f);
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
	return node ? LIST_ENTRY(node, struct attempt, link) : NULL;
}

void http_cancel(struct http *h, struct attempt *attempt)
{
	struct flight *f = attempt->slot;
	if (f) {
		check_cancel();
		f->reply = (struct reply){
			.kind = REPLY_CANCELLED,
			.hint_ms = -1,
			.advice = -1,
			.nth = f->reply.nth,
		};
		land(h, f);
	} else if (attempt->wire != WIRE_CANCELLED) {
		check_fail("an attempt is cut off that has ended already");
	}
}

void http_free(struct http *h)
{
	struct heap_node *node;
	if (!h)
		return;
	while ((node = heap_take(&h->flights)))
		free(HEAP_ENTRY(node, struct flight, end));
	heap_release(&h->flights);
	free(h);
}
