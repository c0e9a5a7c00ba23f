/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include "base/crc32.h"

#include <string.h>

enum { TEXT_TYPE = 7, FRAME_BYTES = 16 };

static void put_u32(struct buf *out, size_t n)
{
	const char bytes[4] = { (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n };
	buf_put(out, bytes, sizeof bytes);
}

void frames_put_header(struct buf *out, const char *name, struct span value)
{
	buf_put_char(out, (char)strlen(name));
	buf_put_str(out, name);
	buf_put_char(out, TEXT_TYPE);
	buf_put_char(out, (char)(value.n >> 8));
	buf_put_char(out, (char)value.n);
	buf_put_span(out, value);
}

void frames_put(struct buf *out, struct span headers, struct span payload)
{
	size_t from = out->len;
	put_u32(out, FRAME_BYTES + headers.n + payload.n);
	put_u32(out, headers.n);
	put_u32(out, crc32_add(0, out->data + from, out->len - from));
	buf_put_span(out, headers);
	buf_put_span(out, payload);
	put_u32(out, crc32_add(0, out->data + from, out->len - from));
}
