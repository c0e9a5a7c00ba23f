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
#include "catalog.h"
#include "date.h"
#include "dialect.h"
#include "embed.h"
#include "faults.h"
#include "mock.h"
#include "sigv4.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exchange {
	struct mock *mock;
	struct MHD_Connection *connection;
	const struct dialect *dialect; /* NULL: none of the APIs' paths or methods */
	const struct catalog *catalog; /* NULL: none of the lists of models */
	const struct route *route;     /* NULL: none of the other paths or methods */
	struct arrival arrival;
	char *uri;    /* owned; what arrival.uri is */
	bool started; /* the headers are there */
	struct buf body;
	size_t body_bytes; /* arrived, kept or not */
	bool too_large;
	bool served;   /* the reply is made */
	bool finished; /* it has been sent, or dropped on purpose */
	bool admitted; /* counts as in flight */
	struct reply reply;
	size_t items_n; /* whose vectors are wanted */
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

/* What errors look like, wherever they come from. */
static const struct dialect *dialect_of(const struct exchange *x)
{
	if (x->dialect)
		return x->dialect;
	return x->catalog ? x->catalog->dialect : &dialect_openai;
}

static struct span key_of(const struct exchange *x)
{
	const struct dialect *d = dialect_of(x);
	const char *key = d->key_header ? header_of(x, d->key_header) : NULL;
	if (!key && (d == &dialect_gemini || d == &dialect_gemini_embed))
		key = arrival_argument(&x->arrival, "key");
	return key ? span_of(key) : arrival_bearer(header_of(x, "Authorization"));
}

/* == What the paths serve == */

static void serve_stats(struct exchange *x)
{
	reply_tree(&x->reply, 200, stats_tree(&x->mock->stats));
}

static void serve_reset(struct exchange *x)
{
	stats_reset(&x->mock->stats);
	last_release(&x->mock->last);
	attempts_release(&x->mock->attempts);
	reply_text(&x->reply, 200, "{}");
}

static void serve_last(struct exchange *x)
{
	reply_tree(&x->reply, 200, last_tree(&x->mock->last));
}

static void serve_catalog(struct exchange *x)
{
	struct stats *stats = &x->mock->stats;
	stats->listed++;
	if (!admission_refuse_key(x->mock, key_of(x), x->catalog->dialect, &x->reply))
		reply_tree(&x->reply, 200, x->catalog->page(&x->mock->options.models, &x->arrival));
}

static void count_arrival(struct exchange *x, struct span key)
{
	struct stats *stats = &x->mock->stats;
	struct visit *visit =
		MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			->socket_context;
	stats_arrived(stats, x->dialect, x->body_bytes, key);
	if (visit->epoch == stats->epoch)
		return;
	visit->epoch = stats->epoch;
	stats->connections++;
}

/* Refuses a request whose sender may not ask; Amazon's signatures are keys too. */
static bool refuse_sender(struct exchange *x, struct span key)
{
	const char *secret = x->mock->options.aws_secret, *why;
	struct api_error e = { .status = 403, .code = "invalid_signature" };
	if (x->dialect != &dialect_bedrock || (!secret && !sigv4_is_signed(&x->arrival)) ||
		(key.at && x->mock->options.keys.n))
		return admission_refuse_key(x->mock, key, x->dialect, &x->reply);
	if (sigv4_check(&x->arrival, secret, clock_wall_s(), &why))
		return false;
	api_error_say(&e, "%s", why);
	dialect_refuse(x->dialect, &x->reply, &e);
	return true;
}

/* Makes the reply to a request that may have one; false if it has been refused. */
static bool serve_ask(struct exchange *x, struct ask *ask)
{
	struct api_error why = { .status = 400, .type = "invalid_request_error" };
	if (!x->dialect->read(ask, &x->arrival, &why)) {
		dialect_refuse(x->dialect, &x->reply, &why);
		return false;
	}
	stats_read(&x->mock->stats, ask);
	x->items_n = ask->embed ? ask->embed->items_n : 0;
	if (ask->embed && embed_refuse(ask, &x->mock->options.embed, &x->reply))
		return false;
	if (admission_refuse(x->mock, key_of(x), ask, x->arrived_ms, &x->reply))
		return false;
	x->delay_ms = faults_reply(x->mock, ask, &x->reply);
	return true;
}

static void serve_api(struct exchange *x)
{
	struct ask ask;
	struct span key = key_of(x);
	count_arrival(x, key);
	if (x->too_large) {
		dialect_refuse(x->dialect, &x->reply, api_error_of(413));
		return;
	}
	x->arrival.body = buf_span(&x->body);
	if (!refuse_sender(x, key)) {
		ask_init(&ask, x->dialect, x->body.len);
		x->admitted = serve_ask(x, &ask);
		ask_release(&ask);
	}
	if (x->admitted)
		stats_enter(&x->mock->stats);
	last_take(&x->mock->last, &x->arrival, &x->body);
}

/* == The paths == */

struct route {
	const char *method;
	const char *path;
	void (*serve)(struct exchange *x);
};

static const struct route routes[] = {
	{ "GET", "/_mock/stats", serve_stats },
	{ "GET", "/_mock/last", serve_last },
	{ "POST", "/_mock/reset", serve_reset },
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
	dialect_refuse(dialect_of(x), &x->reply, api_error_named(code));
}

/* == Sending == */

static bool accepts_gzip(const struct exchange *x)
{
	const char *encodings = header_of(x, "Accept-Encoding");
	return encodings && strstr(encodings, "gzip");
}

static void add_headers(struct exchange *x, struct MHD_Response *response)
{
	const struct dialect *d = dialect_of(x);
	enum family family = x->mock->options.family;
	char value[48], date[DATE_BYTES];
	int64_t now_ms = clock_now_ms();
	if (d->id_header) {
		snprintf(value, sizeof value, "%s%032" PRIx64, d->id_prefix,
			++x->mock->last_request_id);
		MHD_add_response_header(response, d->id_header, value);
	}
	if (d->has_openai_headers) {
		snprintf(value, sizeof value, "%" PRId64, now_ms - x->arrived_ms);
		MHD_add_response_header(response, "openai-processing-ms", value);
		MHD_add_response_header(response, "openai-version", "2020-10-01");
	}
	if (x->mock->options.clock_skew_ms &&
		date_write(date, clock_wall_s() + x->mock->options.clock_skew_ms / 1000))
		MHD_add_response_header(response, "Date", date);
	if (!x->dialect && !x->catalog)
		return;
	family_add_headers(response, family == FAMILY_OWN ? d->family : family, &x->mock->limits,
		now_ms, clock_wall_s());
}

static bool is_dropped(const struct exchange *x)
{
	return x->reply.manner == REPLY_DROP || x->reply.manner == REPLY_RESET;
}

static void count_reply(struct exchange *x)
{
	struct stats *stats = &x->mock->stats;
	if (!x->dialect)
		return;
	if (x->reply.status == 200) {
		stats->billed++;
		stats->input += (uint64_t)x->reply.input;
		stats->output += (uint64_t)x->reply.output;
		stats->embedded += x->items_n;
	}
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

void *exchange_on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct mock *m = cls;
	struct exchange *x = xcalloc(1, sizeof *x);
	x->mock = m;
	x->connection = connection;
	x->uri = xstrdup(uri);
	buf_init(&x->body, m->options.max_body_bytes);
	sleeper_init(&x->sleeper, connection);
	return x;
}

/* The headers are there. */
static void start(struct exchange *x, const char *path, const char *method)
{
	struct span named;
	const struct dialect *d = dialect_of_path(path, x->mock->options.dialect, &named);
	const struct route *route = d ? NULL : find_route(path);
	x->started = true;
	x->arrival = (struct arrival){ .connection = x->connection,
		.method = method,
		.path = path,
		.uri = x->uri,
		.named = named };
	const struct catalog *catalog = d || route ? NULL : catalog_of(&x->arrival);
	const char *wanted = d ? "POST" : route ? route->method : catalog ? "GET" : method;
	if (strcmp(wanted, method) != 0) {
		x->reply.allow = wanted;
		return;
	}
	x->dialect = d;
	x->catalog = catalog;
	x->route = route;
}

static void take_piece(struct exchange *x, const char *piece, size_t n)
{
	x->body_bytes += n;
	if (!x->dialect || x->too_large)
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
	if (x->dialect)
		serve_api(x);
	else if (x->catalog)
		serve_catalog(x);
	else if (x->route)
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
	(void)cls;
	(void)connection;
	if (!x->started) {
		start(x, url, method);
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
	free(x->uri);
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
