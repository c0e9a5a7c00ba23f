/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <zlib.h>

/* A slow reply comes in pieces of this size, over about this time. */
#define SLOW_PIECE_BYTES 20
#define SLOW_TOTAL_MS 2000

/* By so much a truncated reply claims to be longer than it is. */
#define TRUNCATED_BYTES 100

/* Windows of 32 KB, and the gzip format rather than zlib's own. */
#define GZIP_WINDOW_BITS (15 + 16)

/* At most so much is handed over at a time, whatever piece_bytes says. */
#define BLOCK_BYTES 4096

/* What follows the last byte that a drip hands over. */
enum drip_end { END_WELL, END_CLOSED, END_SILENT };

/* A body that is not handed over at once. */
struct drip {
	struct buf body;    /* owned */
	size_t bytes_n;     /* so much of it is handed over */
	size_t piece_bytes; /* of a piece; 0: a piece is an event */
	enum event_end event_end;
	int64_t gap_ms; /* between two pieces, if not drawn from `gap` */
	const struct latency *gap;
	struct rng luck;
	int64_t next_ms; /* when the next piece may go */
	enum drip_end end;
	struct sleepers *sleepers;
	struct sleeper *sleeper;
};

static void drip_free(void *cls)
{
	struct drip *drip = cls;
	buf_release(&drip->body);
	free(drip);
}

static ssize_t drip_sleep(struct drip *drip, int64_t due_ms)
{
	return sleepers_put(drip->sleepers, drip->sleeper, due_ms)
		? 0
		: MHD_CONTENT_READER_END_WITH_ERROR;
}

static int socket_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static ssize_t drip_ended(struct drip *drip)
{
	switch (drip->end) {
	case END_WELL:
		return MHD_CONTENT_READER_END_OF_STREAM;
	case END_CLOSED:
		/* By itself libmicrohttpd closes a chunked answer only at the next event. */
		(void)shutdown(socket_of(drip->sleeper->connection), SHUT_RDWR);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	case END_SILENT:
		break;
	}
	return drip_sleep(drip, SLEEP_FOREVER);
}

static size_t line_n(const char *from, size_t left)
{
	const char *end = memchr(from, '\n', left);
	return end ? (size_t)(end - from) + 1 : left;
}

/* A frame begins with its length, big-endian. */
static size_t frame_n(const char *from, size_t left)
{
	size_t n = 0;
	for (size_t i = 0; i < 4 && i < left; i++)
		n = n << 8 | (unsigned char)from[i];
	return n > 0 && n < left ? n : left;
}

/* Whatever its lines end with, an event ends with an empty one. */
static size_t event_n(const char *from, size_t left)
{
	const char *blank;
	size_t i = 0, n;
	while (i < left && from[i] != '\n' && from[i] != '\r')
		i++;
	if (i == left)
		return left;
	if (from[i] == '\n')
		blank = memmem(from + i, left - i, "\n\n", n = 2);
	else if (i + 1 < left && from[i + 1] == '\n')
		blank = memmem(from + i, left - i, "\r\n\r\n", n = 4);
	else
		blank = memmem(from + i, left - i, "\r\r", n = 2);
	return blank ? (size_t)(blank - from) + n : left;
}

/* How long the piece is that begins at `from`; left is what there is. */
static size_t piece_n(const struct drip *drip, const char *from, size_t left)
{
	if (drip->piece_bytes)
		return drip->piece_bytes < left ? drip->piece_bytes : left;
	switch (drip->event_end) {
	case EVENT_LINE:
		return line_n(from, left);
	case EVENT_FRAME:
		return frame_n(from, left);
	case EVENT_BLANK_LINE:
		break;
	}
	return event_n(from, left);
}

static ssize_t drip_read(void *cls, uint64_t pos, char *to, size_t max)
{
	struct drip *drip = cls;
	int64_t now_ms = clock_now_ms();
	if (drip->sleeper->left)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (pos >= drip->bytes_n)
		return drip_ended(drip);
	if (now_ms < drip->next_ms)
		return drip_sleep(drip, drip->next_ms);
	const char *from = drip->body.data + pos;
	size_t n = piece_n(drip, from, drip->bytes_n - (size_t)pos);
	if (n <= max)
		drip->next_ms = now_ms +
			(drip->gap ? latency_draw_ms(drip->gap, &drip->luck) : drip->gap_ms);
	else
		n = max;
	memcpy(to, from, n);
	return (ssize_t)n;
}

static struct drip *drip_new(struct reply *reply, struct sleepers *s, struct sleeper *sleeper)
{
	struct drip *drip = xcalloc(1, sizeof *drip);
	drip->body = reply->body;
	drip->bytes_n = drip->piece_bytes = drip->body.len;
	drip->sleepers = s;
	drip->sleeper = sleeper;
	reply->body = (struct buf){ 0 };
	return drip;
}

static struct MHD_Response *drip_response(struct drip *drip, uint64_t announced_n)
{
	return MHD_create_response_from_callback(
		announced_n, BLOCK_BYTES, drip_read, drip, drip_free);
}

static struct MHD_Response *slow_response(struct drip *drip)
{
	size_t pieces_n = drip->body.len / SLOW_PIECE_BYTES + 1;
	drip->piece_bytes = SLOW_PIECE_BYTES;
	drip->gap_ms = SLOW_TOTAL_MS / (int64_t)pieces_n;
	return drip_response(drip, drip->body.len);
}

/* An answer in one piece that comes byte by byte. */
static struct MHD_Response *dripping_response(struct drip *drip)
{
	drip->piece_bytes = 1;
	return drip_response(drip, drip->body.len);
}

static struct MHD_Response *truncated_response(struct drip *drip)
{
	drip->end = END_CLOSED;
	return drip_response(drip, drip->body.len + TRUNCATED_BYTES);
}

/* A stream, or half of something: the manner says how it ends. */
static struct MHD_Response *partial_response(struct drip *drip, const struct reply *reply)
{
	uint64_t announced_n = reply->is_stream ? MHD_SIZE_UNKNOWN : drip->body.len;
	if (reply->is_stream) {
		drip->piece_bytes = reply->manner == REPLY_DRIP ? 1 : 0;
		drip->event_end = reply->event_end;
		drip->gap = reply->gap;
		drip->luck = reply->luck;
	}
	if (reply->manner == REPLY_CUT)
		drip->end = END_CLOSED;
	if (reply->manner == REPLY_STALL)
		drip->end = END_SILENT;
	if (drip->end != END_WELL)
		drip->bytes_n /= 2;
	return drip_response(drip, announced_n);
}

/* Puts the packed bytes in the place of the plain ones. */
static void pack(struct buf *body)
{
	z_stream z = { 0 };
	struct buf packed;
	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) !=
		Z_OK)
		xalloc_die();
	buf_init(&packed, SIZE_MAX / 2);
	buf_reserve(&packed, deflateBound(&z, body->len));
	z.next_in = (unsigned char *)body->data;
	z.avail_in = (uInt)body->len;
	z.next_out = (unsigned char *)packed.data;
	z.avail_out = (uInt)packed.cap;
	deflate(&z, Z_FINISH);
	packed.len = z.total_out;
	deflateEnd(&z);
	buf_release(body);
	*body = packed;
}

static struct MHD_Response *whole_response(struct buf *body)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_FREE);
	*body = (struct buf){ 0 };
	return response;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (value && *value)
		MHD_add_response_header(response, name, value);
}

struct MHD_Response *wire_response(
	struct reply *reply, bool may_gzip, struct sleepers *s, struct sleeper *sleeper)
{
	bool packs = reply->manner == REPLY_GZIP && may_gzip;
	struct MHD_Response *response;
	bool is_partial = reply->manner == REPLY_CUT || reply->manner == REPLY_STALL;
	char tokens[24];
	if (packs)
		pack(&reply->body);
	if (reply->manner == REPLY_HALF)
		reply->body.len /= 2;
	if (reply->manner == REPLY_SLOW)
		response = slow_response(drip_new(reply, s, sleeper));
	else if (reply->manner == REPLY_DRIP && !reply->is_stream)
		response = dripping_response(drip_new(reply, s, sleeper));
	else if (reply->manner == REPLY_TRUNCATED)
		response = truncated_response(drip_new(reply, s, sleeper));
	else if (is_partial || (reply->is_stream && !packs))
		response = partial_response(drip_new(reply, s, sleeper), reply);
	else
		response = whole_response(&reply->body);
	if (!response)
		xalloc_die();
	add_header(response, "content-type", reply->content_type);
	add_header(response, "content-encoding", packs ? "gzip" : NULL);
	add_header(response, "location", reply->location);
	add_header(response, "allow", reply->allow);
	add_header(response, "retry-after", reply->hint.seconds);
	add_header(
		response, reply->ms_header ? reply->ms_header : "retry-after-ms", reply->hint.ms);
	add_header(response, "x-amzn-errortype", reply->error_type);
	add_header(response, "x-should-retry", reply->should_retry);
	if (reply->tokens_header) {
		snprintf(tokens, sizeof tokens, "%" PRId64, reply->tokens);
		add_header(response, reply->tokens_header, tokens);
	}
	return response;
}

void wire_make_reset(struct MHD_Connection *connection)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	(void)setsockopt(socket_of(connection), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}
