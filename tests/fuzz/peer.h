/* SPDX-License-Identifier: MIT */
/*
 * peer: what jansson makes of the same bytes, for unit tests and fuzz targets.
 *
 * Everything is borrowed. Any thread.
 */
#pragma once

#include "base/span.h"
#include "json/path.h"

#include <stdbool.h>

enum peer_verdict {
	PEER_ACCEPTS,
	PEER_REFUSES,   /* it is not JSON */
	PEER_IS_NARROW, /* it is, but a number overflows, a key holds NUL, a surrogate is alone, or
			   it is nested too deep for jansson; errors after that place go unseen */
};

/* Gives jansson's verdict on a whole text. */
enum peer_verdict peer_judge(struct span text);

/*
 * True if walking, finding and decoding in the scanned value give what jansson sees; it must
 * accept the value.
 */
bool peer_sees_same(struct span value);

/*
 * True if `found`, what path_find gave for the scanned value, is what jansson finds by the path's
 * parts; it must accept the value.
 */
bool peer_finds_same(const struct path *p, struct span value, struct span found);
