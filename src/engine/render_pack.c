/* SPDX-License-Identifier: MIT */
#include "engine/render_pack.h"

#include "api/api.h"
#include "base/xalloc.h"

#include <stdlib.h>

enum { FRAME_BYTES = 512, TEXT_FRAME_BYTES = 3 }; /* what goes around all texts, and each */

bool render_pack(struct request *q, const struct plan *plan, const struct endpoint *endpoint,
	struct attempt *a, struct fault *fault)
{
	size_t bytes_n = FRAME_BYTES;
	unsigned n = 0;
	struct span *texts = xmalloc(q->items_n * sizeof *texts);
	for (struct list_node *at = q->items.next; at != &q->items; at = at->next) {
		struct item *item = LIST_ENTRY(at, struct item, link);
		item->place = n;
		texts[n++] = item->text;
		bytes_n += item->text.n + TEXT_FRAME_BYTES;
	}
	const struct ask_pack ask = {
		.step = &plan->steps[q->step],
		.embedding = &plan->embedding,
		.model = endpoint->model ? span_of(endpoint->model_json) : (struct span){ 0 },
		.texts = texts,
		.texts_n = n,
	};
	a->api = endpoint->api;
	a->texts_n = n;
	buf_reserve(&a->body, bytes_n);
	bool ok = a->api->build_pack(&ask, &a->body, fault);
	free(texts);
	return ok;
}
