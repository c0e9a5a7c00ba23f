/* SPDX-License-Identifier: MIT */
/*
 * http_poll: one epoll for the sockets of all shards. Private to io/http.
 *
 * libcurl says "watch" and "forget" for each request on a kept-alive connection; told on to the
 * kernel that would be two system calls a request. Here "forget" is only noted: the kernel is told
 * when an unwanted event comes, or when the socket closes.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_watch {
	uint32_t wanted;     /* EPOLLIN, EPOLLOUT or both; 0 = libcurl has no interest */
	uint32_t registered; /* what the kernel knows */
	uint32_t shard;      /* whose socket it is */
	bool is_adopted;     /* http_poll_forget will come; else libcurl may close it unseen */
};

struct http_poll {
	int epoll_fd;
	int wake_fd;                /* borrowed; reported as such */
	struct http_watch *watches; /* owned; index = descriptor */
	size_t watches_n;
};

/* One event: a socket of a shard is ready, or the wake was called. */
struct http_event {
	bool is_wake;
	uint32_t shard;
	int fd;
	uint32_t events; /* EPOLLIN and kin */
};

enum { HTTP_EVENTS_MAX = 256 };

/* Makes p watch wake_fd. False with err filled (ERR_INTERNAL). */
bool http_poll_init(struct http_poll *p, int wake_fd, struct err *err);

/* Closes it and frees the table; fine on a zeroed one with epoll_fd -1. */
void http_poll_release(struct http_poll *p);

/* Notes what is wanted of a socket of that shard; 0 = nothing for now. */
void http_poll_want(struct http_poll *p, int fd, uint32_t shard, uint32_t wanted);

/*
 * Notes that the socket will be forgotten before it is closed, so that the kernel need not be told
 * each time it rests.
 */
void http_poll_adopt(struct http_poll *p, int fd);

/* Forgets a socket that is about to be closed. */
void http_poll_forget(struct http_poll *p, int fd);

/*
 * Sleeps up to timeout_ms (-1 = for ever) and gives how many events it wrote to out
 * (HTTP_EVENTS_MAX); unwanted ones are dropped.
 */
size_t http_poll_wait(struct http_poll *p, int timeout_ms, struct http_event *out);
