/* SPDX-License-Identifier: MIT */
/*
 * A message: its length, the length of its headers, the checksum of these eight bytes; the headers;
 * the payload; the checksum of all before. Numbers are big-endian.
 */
#include "frames.h"

#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

/* Before the headers, and after the payload. */
#define PRELUDE_BYTES 12
#define CHECKSUM_BYTES 4

/* The type of a header's value that is a string. */
#define HEADER_STRING 7

static void put_number(struct buf *out, uint32_t number, int bytes_n)
{
	while (bytes_n-- > 0)
		buf_put_char(out, (char)(number >> (8 * bytes_n)));
}

static void put_header(struct buf *out, const char *name, const char *value)
{
	put_number(out, (uint32_t)strlen(name), 1);
	buf_put_str(out, name);
	buf_put_char(out, HEADER_STRING);
	put_number(out, (uint32_t)strlen(value), 2);
	buf_put_str(out, value);
}

static void put_checksum(struct buf *out, size_t from)
{
	uLong sum = crc32(0, (const Bytef *)out->data + from, (uInt)(out->len - from));
	put_number(out, (uint32_t)sum, CHECKSUM_BYTES);
}

void frames_put(struct buf *out, const char *kind, const char *type, struct span payload)
{
	struct buf headers;
	char type_name[32];
	size_t from = out->len;
	snprintf(type_name, sizeof type_name, ":%s-type", kind);
	buf_init(&headers, 4096);
	put_header(&headers, type_name, type);
	put_header(&headers, ":content-type", "application/json");
	put_header(&headers, ":message-type", kind);
	put_number(out, (uint32_t)(PRELUDE_BYTES + headers.len + payload.n + CHECKSUM_BYTES), 4);
	put_number(out, (uint32_t)headers.len, 4);
	put_checksum(out, from);
	buf_put_span(out, buf_span(&headers));
	buf_put_span(out, payload);
	put_checksum(out, from);
	buf_release(&headers);
}
