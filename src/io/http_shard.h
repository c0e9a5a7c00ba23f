/* SPDX-License-Identifier: MIT */
/*
 * http_shard: one multi handle and the easy handles bound to it for life. Private to io/http.
 *
 * A shard serves one endpoint, so that no connection is ever shared between keys. A slot is an easy
 * handle that is set up once and carries one attempt after the other. The loop's thread only.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "io/http.h"
#include "io/http_poll.h"
#include "io/http_tls.h"

#include <curl/curl.h>

/* Above some 100 connections a multi handle's searches cost more than the request itself. */
enum { SHARD_SLOTS_MAX = 64 };

/* What the slots report to: the part of io/http that a transfer touches. */
struct http_hub {
	struct http_poll poll;
	struct heap timers;         /* shards by when libcurl wants to be called */
	struct heap timeouts;       /* slots by when their attempt has had its time */
	struct list_node kicked;    /* shards that want to be called now */
	struct list_node done;      /* finished attempts */
	CURLSH *share;              /* names and TLS sessions; never connections */
	int64_t connect_timeout_ms; /* of each attempt, until it sends */
	size_t connecting_n;        /* started, and not yet sending on a connection */
	int64_t now_ms;             /* read once a turn */
	int64_t wall_s;             /* likewise */
};

struct http_lane; /* an endpoint's shards; see http.c */

struct http_shard {
	struct http_hub *hub; /* borrowed */
	CURLM *multi;
	uint32_t index; /* its number in events */
	unsigned slots_n;
	struct heap_node timer;
	struct list_node kick;
};

struct http_slot {
	struct http_shard *shard; /* borrowed, for life */
	CURL *easy;
	struct attempt *attempt; /* borrowed while it is carried; NULL = idle */
	struct list_node link;   /* among the idle of its lane */
	struct list_node *idle;  /* borrowed: where it returns to */
	struct heap_node timeout;
	struct curl_slist *headers;   /* owned: its endpoint's */
	struct curl_slist *signature; /* owned: the same and this request's; NULL = not signed */
	size_t header_bytes;          /* of this answer so far */
	int64_t connect_end_ms;       /* until when it must have a connection to send on */
	int64_t last_byte_ms;         /* of the body; -1 = none came yet */
	bool is_connecting;
	bool is_in_comment; /* what came last of a stream is a comment without its end */
	bool is_resent;     /* libcurl wanted to send again, and was stopped */
	bool is_too_large;  /* a ceiling was passed, and the transfer stopped */
	char error[CURL_ERROR_SIZE];
};

/* Gives a new shard with that number. Borrows hub. */
struct http_shard *http_shard_new(struct http_hub *hub, uint32_t index);

/*
 * Lets libcurl work on a socket event (CURL_SOCKET_TIMEOUT: on its timers), and collects what has
 * finished.
 */
void http_shard_act(struct http_shard *s, curl_socket_t fd, int events);

/* Closes the shard's connections and frees it. Its slots must be gone. */
void http_shard_free(struct http_shard *s);

/*
 * Gives a new idle slot of the shard, set up for the endpoint; it returns to the list `idle` after
 * each attempt.
 */
struct http_slot *http_slot_new(struct http_shard *s, const struct endpoint *e,
	const struct http_tls *tls, const struct http_opts *opts, struct list_node *idle);

/* Starts the attempt in the slot, which must be idle. */
void http_slot_start(struct http_slot *slot, struct attempt *attempt);

/* The slot's timer is due: ends the attempt, or sets it for what may be due next. */
void http_slot_expire(struct http_slot *slot);

/* Ends what the slot carries, as `wire`: the attempt moves to the done, the slot to the idle. */
void http_slot_end(struct http_slot *slot, enum wire wire);

/* Frees an idle or carrying slot; what it carried is given up. */
void http_slot_free(struct http_slot *slot);
