/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <stdint.h>
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

/* A body that is not handed over at once. */
struct drip {
	struct buf body; /* owned */
	size_t piece_bytes;
	int64_t gap_ms;
	int64_t next_ms; /* when the next piece may go */
	struct sleepers *sleepers;
	struct sleeper *sleeper;
};

static void drip_free(void *cls)
{
	struct drip *drip = cls;
	buf_release(&drip->body);
	free(drip);
}

static ssize_t drip_read(void *cls, uint64_t pos, char *to, size_t max)
{
	struct drip *drip = cls;
	int64_t now_ms = clock_now_ms();
	size_t n = drip->body.len - (size_t)pos;
	if (drip->sleeper->left || n == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (now_ms < drip->next_ms)
		return sleepers_put(drip->sleepers, drip->sleeper, drip->next_ms)
			? 0
			: MHD_CONTENT_READER_END_WITH_ERROR;
	if (n > drip->piece_bytes)
		n = drip->piece_bytes;
	if (n > max)
		n = max;
	memcpy(to, drip->body.data + pos, n);
	drip->next_ms = now_ms + drip->gap_ms;
	return (ssize_t)n;
}

static struct drip *drip_new(struct reply *reply, struct sleepers *s, struct sleeper *sleeper)
{
	struct drip *drip = xcalloc(1, sizeof *drip);
	drip->body = reply->body;
	drip->piece_bytes = drip->body.len;
	drip->sleepers = s;
	drip->sleeper = sleeper;
	reply->body = (struct buf){ 0 };
	return drip;
}

static struct MHD_Response *slow_response(struct drip *drip)
{
	size_t pieces_n = drip->body.len / SLOW_PIECE_BYTES + 1;
	drip->piece_bytes = SLOW_PIECE_BYTES;
	drip->gap_ms = SLOW_TOTAL_MS / (int64_t)pieces_n;
	return MHD_create_response_from_callback(
		drip->body.len, SLOW_PIECE_BYTES, drip_read, drip, drip_free);
}

static struct MHD_Response *truncated_response(struct drip *drip)
{
	return MHD_create_response_from_callback(
		drip->body.len + TRUNCATED_BYTES, drip->body.len + 1, drip_read, drip, drip_free);
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
	if (packs)
		pack(&reply->body);
	if (reply->manner == REPLY_SLOW)
		response = slow_response(drip_new(reply, s, sleeper));
	else if (reply->manner == REPLY_TRUNCATED)
		response = truncated_response(drip_new(reply, s, sleeper));
	else
		response = whole_response(&reply->body);
	if (!response)
		xalloc_die();
	add_header(response, "content-type", reply->content_type);
	add_header(response, "content-encoding", packs ? "gzip" : NULL);
	add_header(response, "location", reply->location);
	add_header(response, "allow", reply->allow);
	add_header(response, "retry-after", reply->retry_after);
	add_header(response, "retry-after-ms", reply->retry_after_ms);
	add_header(response, "x-should-retry", reply->should_retry);
	return response;
}

void wire_make_reset(struct MHD_Connection *connection)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}
