/* SPDX-License-Identifier: MIT */
/*
 * Measured with answers of 1061 bytes (one thread, microseconds to pack and unpack):
 *
 *     level -1      78 %    3.8, 0.7
 *     level 1       57 %    6.9, 2.7
 *     level 3       57 %    9.3, 3.1
 *
 * Level -1 it is: a file a quarter larger is read at half as much again, 134,000 answers a second
 * in place of 84,000, for unpacking is most of what finding an answer costs. Numbers of vectors,
 * 6144 bytes, shrink by 7 % for 11 and 8 microseconds: not worth it. They are framed as they are at
 * a level that tries next to nothing (1.6, 0.6), since the frame's checksum costs a fortieth of
 * what base/crc32 does.
 */
#include "io/cache_pack.h"

#include "base/xalloc.h"

#include <string.h>

enum {
	LEVEL = -1,
	DENSE_LEVEL = -50,
	PACK_FROM_BYTES = 513,
	KEEP_BYTES = 1 << 20 /* more room than that is given back after use */
};

void cache_pack_init(struct cache_pack *p)
{
	*p = (struct cache_pack){ .in = ZSTD_createCCtx(), .out = ZSTD_createDCtx() };
	if (!p->in || !p->out)
		xalloc_die();
	ZSTD_CCtx_setParameter(p->in, ZSTD_c_checksumFlag, 1);
	buf_init(&p->room, ZSTD_COMPRESSBOUND(CACHE_FORM_MAX_BYTES));
}

void cache_pack_release(struct cache_pack *p)
{
	ZSTD_freeCCtx(p->in);
	ZSTD_freeDCtx(p->out);
	buf_release(&p->room);
	*p = (struct cache_pack){ 0 };
}

struct span cache_pack_put(
	struct cache_pack *p, struct span form, bool is_dense, enum cache_packing *packing)
{
	*packing = CACHE_PACKED_NOT;
	if (form.n < PACK_FROM_BYTES)
		return form;
	if (p->room.cap > KEEP_BYTES)
		buf_release(&p->room);
	buf_clear(&p->room);
	if (!buf_reserve(&p->room, ZSTD_compressBound(form.n)))
		return form;
	ZSTD_CCtx_setParameter(p->in, ZSTD_c_compressionLevel, is_dense ? DENSE_LEVEL : LEVEL);
	size_t n = ZSTD_compress2(p->in, p->room.data, p->room.cap, form.at, form.n);
	if (ZSTD_isError(n))
		return form;
	*packing = CACHE_PACKED_ZSTD;
	p->room.len = n;
	return buf_span(&p->room);
}

static bool unpack(struct cache_pack *p, struct span packed, uint64_t size, struct buf *form)
{
	/* The frame's own word first: else a false size would be memory asked for. */
	if (ZSTD_getFrameContentSize(packed.at, packed.n) != size || !buf_reserve(form, size))
		return false;
	size_t n = ZSTD_decompressDCtx(p->out, form->data, size, packed.at, packed.n);
	form->len = n == size ? n : 0;
	return n == size;
}

bool cache_pack_take(struct cache_pack *p, struct span packed, enum cache_packing packing,
	uint64_t size, struct buf *form)
{
	buf_init(form, CACHE_FORM_MAX_BYTES);
	if (!packed.at || size == 0 || size > CACHE_FORM_MAX_BYTES)
		return false;
	bool fits = packing == CACHE_PACKED_ZSTD ? unpack(p, packed, size, form)
		: packing == CACHE_PACKED_NOT    ? packed.n == size && buf_put_span(form, packed)
						 : false;
	if (!fits)
		buf_release(form);
	return fits;
}
