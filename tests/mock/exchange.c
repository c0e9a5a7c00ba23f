/* SPDX-License-Identifier: MIT */
/*
 * Life of a request: its pieces arrive (take_piece), it is complete (serve: the reply is made at
 * once, so that a waiting request is only its answer), it sleeps if it has to, it is sent (finish),
 * it is gone (exchange_on_completed). libmicrohttpd calls exchange_on_request again after each of
 * these.
 */
#include "exchange.h"

#include "admission.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "faults.h"
#include "mock.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exchange {
	struct mock *mock;
	struct MHD_Connection *connection;
	const struct route *route; /* NULL: no such path or method */
	struct buf body;
	size_t body_bytes; /* arrived, kept or not */
	bool too_large;
	bool served;   /* the reply is made */
	bool finished; /* it has been sent, or dropped on purpose */
	bool admitted; /* counts as in flight */
	struct reply reply;
	int64_t delay_ms;
	int64_t arrived_ms;
	struct sleeper sleeper;
};

/* What a connection remembers: the stats.epoch in which it was counted. */
struct visit {
	uint64_t epoch;
};

static const char *header_of(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static struct span key_of(const struct exchange *x)
{
	return admission_key(header_of(x, "Authorization"));
}

/* == What the paths serve == */

static void serve_stats(struct exchange *x)
{
	reply_tree(&x->reply, 200, stats_tree(&x->mock->stats));
}

static void serve_reset(struct exchange *x)
{
	stats_reset(&x->mock->stats);
	attempts_release(&x->mock->attempts);
	reply_text(&x->reply, 200, "{}");
}

static void serve_models(struct exchange *x)
{
	const struct option_list *models = &x->mock->options.models;
	json_t *list;
	if (admission_refuse_key(x->mock, key_of(x), &x->reply))
		return;
	list = json_array();
	for (size_t i = 0; i < models->n; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:i, s:s}", "id", models->at[i], "object", "model",
				"created", 0, "owned_by", "pllm-mock"));
	reply_tree(&x->reply, 200, json_pack("{s:s, s:o}", "object", "list", "data", list));
}

static void count_arrival(struct exchange *x, struct span key)
{
	struct stats *stats = &x->mock->stats;
	struct visit *visit =
		MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			->socket_context;
	stats_arrived(stats, x->body_bytes, key);
	if (visit->epoch == stats->epoch)
		return;
	visit->epoch = stats->epoch;
	stats->connections++;
}

/* Makes the reply to a request that may have one; false if it has been refused. */
static bool serve_ask(struct exchange *x, struct chat_ask *ask)
{
	struct api_error why;
	if (!chat_read(ask, buf_span(&x->body), &why)) {
		reply_error(&x->reply, &why);
		return false;
	}
	if (admission_refuse(x->mock, key_of(x), ask, x->arrived_ms, &x->reply))
		return false;
	x->delay_ms = faults_reply(x->mock, ask, &x->reply);
	return true;
}

static void serve_chat(struct exchange *x)
{
	struct chat_ask ask = { 0 };
	struct span key = key_of(x);
	count_arrival(x, key);
	if (x->too_large) {
		reply_error(&x->reply, api_error_of(413));
		return;
	}
	if (admission_refuse_key(x->mock, key, &x->reply))
		return;
	x->admitted = serve_ask(x, &ask);
	if (x->admitted)
		stats_enter(&x->mock->stats);
	chat_release(&ask);
	buf_release(&x->body);
}

/* == The paths == */

struct route {
	const char *method;
	const char *path;
	void (*serve)(struct exchange *x);
	bool is_chat; /* takes a body and is counted */
};

static const struct route routes[] = {
	{ "POST", "/v1/chat/completions", serve_chat, true },
	{ "GET", "/v1/models", serve_models, false },
	{ "GET", "/_mock/stats", serve_stats, false },
	{ "POST", "/_mock/reset", serve_reset, false },
};

static const struct route *find_route(const char *path)
{
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

static void serve_error(struct exchange *x, const char *code)
{
	reply_error(&x->reply, api_error_named(code));
}

/* == Sending == */

static bool is_chat(const struct exchange *x)
{
	return x->route && x->route->is_chat;
}

static bool accepts_gzip(const struct exchange *x)
{
	const char *encodings = header_of(x, "Accept-Encoding");
	return encodings && strstr(encodings, "gzip");
}

static void add_headers(struct exchange *x, struct MHD_Response *response)
{
	char value[40];
	int64_t now_ms = clock_now_ms();
	snprintf(value, sizeof value, "req_%032" PRIx64, ++x->mock->last_request_id);
	MHD_add_response_header(response, "x-request-id", value);
	snprintf(value, sizeof value, "%" PRId64, now_ms - x->arrived_ms);
	MHD_add_response_header(response, "openai-processing-ms", value);
	MHD_add_response_header(response, "openai-version", "2020-10-01");
	if (!is_chat(x))
		return;
	family_add_headers(
		response, x->mock->options.family, &x->mock->limits, now_ms, clock_wall_s());
}

static bool is_dropped(const struct exchange *x)
{
	return x->reply.manner == REPLY_DROP || x->reply.manner == REPLY_RESET;
}

static void count_reply(struct exchange *x)
{
	struct stats *stats = &x->mock->stats;
	if (!is_chat(x))
		return;
	if (x->reply.status == 200)
		stats->billed++;
	stats->streamed += x->reply.is_stream;
	if (is_dropped(x))
		stats->dropped++;
	else
		stats->answered[x->reply.status]++;
}

/* MHD_NO closes the connection. */
static enum MHD_Result finish(struct exchange *x)
{
	struct MHD_Response *response;
	enum MHD_Result queued;
	x->finished = true;
	count_reply(x);
	if (x->reply.manner == REPLY_RESET)
		wire_make_reset(x->connection);
	if (is_dropped(x))
		return MHD_NO;
	response = wire_response(&x->reply, accepts_gzip(x), &x->mock->sleepers, &x->sleeper);
	add_headers(x, response);
	queued = MHD_queue_response(x->connection, (unsigned)x->reply.status, response);
	MHD_destroy_response(response);
	return queued;
}

/* == From libmicrohttpd == */

static struct exchange *exchange_new(
	struct mock *m, struct MHD_Connection *connection, const char *url, const char *method)
{
	struct exchange *x = xcalloc(1, sizeof *x);
	const struct route *route = find_route(url);
	x->mock = m;
	x->connection = connection;
	buf_init(&x->body, m->options.max_body_bytes);
	sleeper_init(&x->sleeper, connection);
	if (route && strcmp(route->method, method) == 0)
		x->route = route;
	else if (route)
		x->reply.allow = route->method;
	return x;
}

static void take_piece(struct exchange *x, const char *piece, size_t n)
{
	x->body_bytes += n;
	if (!is_chat(x) || x->too_large)
		return;
	x->too_large = !buf_put(&x->body, piece, n);
	if (x->too_large)
		buf_release(&x->body);
}

static void serve(struct exchange *x)
{
	const char *allow = x->reply.allow;
	x->served = true;
	x->arrived_ms = clock_now_ms();
	if (x->route)
		x->route->serve(x);
	else
		serve_error(x, allow ? "method_not_supported" : "unknown_url");
	x->reply.allow = allow;
}

/* A complete request: makes its reply, lets it wait, sends it. */
static enum MHD_Result proceed(struct exchange *x)
{
	int64_t due_ms;
	if (x->served)
		return x->sleeper.left ? MHD_NO : finish(x);
	serve(x);
	due_ms = x->reply.manner == REPLY_HANG ? SLEEP_FOREVER : x->arrived_ms + x->delay_ms;
	if (due_ms <= x->arrived_ms)
		return finish(x);
	return sleepers_put(&x->mock->sleepers, &x->sleeper, due_ms) ? MHD_YES : MHD_NO;
}

enum MHD_Result exchange_on_request(EXCHANGE_HANDLER_ARGS)
{
	struct exchange *x = *place;
	(void)version;
	if (!x) {
		*place = exchange_new(cls, connection, url, method);
		return MHD_YES;
	}
	if (*upload_bytes == 0)
		return proceed(x);
	take_piece(x, upload, *upload_bytes);
	*upload_bytes = 0;
	return MHD_YES;
}

void exchange_on_completed(void *cls, struct MHD_Connection *connection, void **place,
	enum MHD_RequestTerminationCode code)
{
	struct exchange *x = *place;
	(void)cls;
	(void)connection;
	(void)code;
	if (!x)
		return;
	if (x->admitted)
		stats_leave(&x->mock->stats);
	if (x->served && !x->finished)
		x->mock->stats.abandoned++;
	buf_release(&x->body);
	reply_release(&x->reply);
	free(x);
	*place = NULL;
}

void exchange_on_connection(void *cls, struct MHD_Connection *connection, void **place,
	enum MHD_ConnectionNotificationCode code)
{
	(void)cls;
	(void)connection;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*place = xcalloc(1, sizeof(struct visit));
	else
		free(*place);
}
