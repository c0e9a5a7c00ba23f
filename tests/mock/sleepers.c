/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd walks all suspended connections whenever any is resumed. So the more there are, the
 * less often some are woken: with ten thousand asleep every ten milliseconds. Nobody who has ten
 * thousand requests in flight notices, and it halves the mock's work per request (measured).
 */
#include "sleepers.h"

#include <assert.h>
#include <sys/epoll.h>

/* So many more sleepers make the time between two wakings a millisecond longer. */
#define SLEEPERS_PER_MS 1000

void sleepers_init(struct sleepers *s, int epoll_fd)
{
	*s = (struct sleepers){ .epoll_fd = epoll_fd };
	heap_init(&s->heap);
}

void sleeper_init(struct sleeper *sleeper, struct MHD_Connection *connection)
{
	*sleeper = (struct sleeper){ .connection = connection };
	heap_node_init(&sleeper->due);
}

static int socket_of(const struct sleeper *sleeper)
{
	return MHD_get_connection_info(sleeper->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
		->connect_fd;
}

bool sleepers_put(struct sleepers *s, struct sleeper *sleeper, int64_t due_ms)
{
	struct epoll_event event = { .events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = sleeper };
	if (s->closed)
		return false;
	/* Without this watch a client that leaves is only noticed later. */
	(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, socket_of(sleeper), &event);
	heap_put(&s->heap, &sleeper->due, due_ms);
	MHD_suspend_connection(sleeper->connection);
	return true;
}

static void wake(struct sleepers *s, struct sleeper *sleeper)
{
	heap_remove(&s->heap, &sleeper->due);
	(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, socket_of(sleeper), NULL);
	MHD_resume_connection(sleeper->connection);
}

static struct sleeper *first(const struct sleepers *s)
{
	struct heap_node *node = heap_peek(&s->heap);
	return node ? HEAP_ENTRY(node, struct sleeper, due) : NULL;
}

void sleepers_client_left(struct sleepers *s, struct sleeper *sleeper)
{
	sleeper->left = true;
	wake(s, sleeper);
}

int64_t sleepers_next_ms(const struct sleepers *s)
{
	const struct heap_node *node = heap_peek(&s->heap);
	int64_t earliest_ms = s->woken_ms + (int64_t)(s->heap.len / SLEEPERS_PER_MS);
	if (!node)
		return SLEEP_FOREVER;
	return node->key > earliest_ms ? node->key : earliest_ms;
}

void sleepers_wake_due(struct sleepers *s, int64_t now_ms)
{
	struct sleeper *sleeper;
	if (sleepers_next_ms(s) > now_ms)
		return;
	s->woken_ms = now_ms;
	while ((sleeper = first(s)) && sleeper->due.key <= now_ms)
		wake(s, sleeper);
}

void sleepers_close(struct sleepers *s)
{
	struct sleeper *sleeper;
	s->closed = true;
	while ((sleeper = first(s)))
		sleepers_client_left(s, sleeper);
}

void sleepers_release(struct sleepers *s)
{
	assert(!first(s));
	heap_release(&s->heap);
}
