/* SPDX-License-Identifier: MIT */
/*
 * cache_pack: forms of entries as small as it pays, and back. Private to io/cache. Knows no file.
 * One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <zstd.h>

#include <stdbool.h>
#include <stdint.h>

/*
 * The largest form: what came, at its ceiling, and as much again and more of what was made of it.
 */
#define CACHE_FORM_MAX_BYTES ((size_t)512 << 20)

enum cache_packing {
	CACHE_PACKED_NOT, /* the form's bytes */
	CACHE_PACKED_ZSTD /* a frame of zstd, with its size and its checksum */
};

struct cache_pack {
	ZSTD_CCtx *in;   /* owned */
	ZSTD_DCtx *out;  /* owned */
	struct buf room; /* owned: what was packed last */
};

/* Makes p ready. */
void cache_pack_init(struct cache_pack *p);

/* Frees what p holds; fine on a zeroed one. */
void cache_pack_release(struct cache_pack *p);

/*
 * Packs a form of at most CACHE_FORM_MAX_BYTES; a dense one (float32 numbers) is only framed. Gives
 * the bytes, borrowed until the form or p changes, and says how they are packed.
 */
struct span cache_pack_put(
	struct cache_pack *p, struct span form, bool is_dense, enum cache_packing *packing);

/*
 * Unpacks what became of a form of that size into an empty form. False, with nothing in it, if it
 * is damaged.
 */
bool cache_pack_take(struct cache_pack *p, struct span packed, enum cache_packing packing,
	uint64_t size, struct buf *form);
