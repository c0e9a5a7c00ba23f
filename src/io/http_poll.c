/* SPDX-License-Identifier: MIT */
#include "io/http_poll.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

bool http_poll_init(struct http_poll *p, int wake_fd, struct err *err)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = wake_fd };
	*p = (struct http_poll){ .wake_fd = wake_fd };
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll_fd < 0 || epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, wake_fd, &e) != 0)
		return err_set_errno(err, ERR_INTERNAL, "epoll");
	return true;
}

void http_poll_release(struct http_poll *p)
{
	if (p->epoll_fd >= 0)
		close(p->epoll_fd);
	p->epoll_fd = -1;
	free(p->watches);
	p->watches = NULL;
	p->watches_n = 0;
}

static struct http_watch *watch_of(struct http_poll *p, int fd)
{
	size_t index = (size_t)fd;
	if (index >= p->watches_n) {
		size_t n = index < 64 ? 128 : index * 2;
		p->watches = xrealloc(p->watches, n, sizeof *p->watches);
		for (size_t i = p->watches_n; i < n; i++)
			p->watches[i] = (struct http_watch){ 0 };
		p->watches_n = n;
	}
	return &p->watches[index];
}

/* Tells the kernel what is wanted, if it knows otherwise. */
static void tell(struct http_poll *p, int fd, struct http_watch *w)
{
	struct epoll_event e = { .events = w->wanted, .data.fd = fd };
	int op = !w->wanted ? EPOLL_CTL_DEL : w->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	if (w->wanted == w->registered)
		return;
	/*
	 * The kernel forgets a closed descriptor by itself; a number used again must then be added.
	 */
	if (epoll_ctl(p->epoll_fd, op, fd, &e) != 0 && op == EPOLL_CTL_MOD)
		epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, fd, &e);
	w->registered = w->wanted;
}

void http_poll_want(struct http_poll *p, int fd, uint32_t shard, uint32_t wanted)
{
	struct http_watch *w = watch_of(p, fd);
	w->shard = shard;
	w->wanted = wanted;
	if (wanted || !w->is_adopted)
		tell(p, fd, w);
}

void http_poll_adopt(struct http_poll *p, int fd)
{
	*watch_of(p, fd) = (struct http_watch){ .is_adopted = true };
}

void http_poll_forget(struct http_poll *p, int fd)
{
	struct http_watch *w = watch_of(p, fd);
	w->wanted = 0;
	tell(p, fd, w);
	w->is_adopted = false;
}

size_t http_poll_wait(struct http_poll *p, int timeout_ms, struct http_event *out)
{
	struct epoll_event events[HTTP_EVENTS_MAX];
	int n = epoll_wait(p->epoll_fd, events, HTTP_EVENTS_MAX, timeout_ms);
	size_t kept = 0;
	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;
		if (fd == p->wake_fd) {
			out[kept++] = (struct http_event){ .is_wake = true };
			continue;
		}
		struct http_watch *w = watch_of(p, fd);
		if (!w->wanted) {
			/*
			 * An idle connection stirs (the server closed it): libcurl will notice when
			 * it wants it next.
			 */
			tell(p, fd, w);
			continue;
		}
		out[kept++] = (struct http_event){
			.shard = w->shard, .fd = fd, .events = events[i].events
		};
	}
	return kept;
}
