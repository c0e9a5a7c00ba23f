/* SPDX-License-Identifier: MIT */
#include "base/shared.h"

#include "base/spare.h"
#include "base/xalloc.h"

#include <stdatomic.h>
#include <stdlib.h>

struct shared {
	atomic_size_t owners_n;
	struct buf a, b;
};

struct shared *shared_new(struct buf *a, struct buf *b)
{
	struct shared *s = xmalloc(sizeof *s);
	atomic_init(&s->owners_n, 1);
	s->a = *a;
	s->b = *b;
	*a = (struct buf){ .max = a->max };
	*b = (struct buf){ .max = b->max };
	return s;
}

struct shared *shared_hold(struct shared *s)
{
	/* Whoever hands it on owns it already: nothing has to be seen by others for this. */
	atomic_fetch_add_explicit(&s->owners_n, 1, memory_order_relaxed);
	return s;
}

void shared_drop(struct shared *s)
{
	/* What the other owners read must be over before the last one frees. */
	if (!s || atomic_fetch_sub_explicit(&s->owners_n, 1, memory_order_acq_rel) > 1)
		return;
	spare_put(&s->a);
	spare_put(&s->b);
	free(s);
}

size_t shared_weight(const struct shared *s, size_t n)
{
	return (s->a.cap + s->b.cap) / n;
}
