/* SPDX-License-Identifier: MIT */
#include "work/item.h"

#include "base/xalloc.h"
#include "work/tokens.h"

#include <assert.h>
#include <stdlib.h>

struct item *item_new(void)
{
	struct item *item = xcalloc(1, sizeof *item);
	list_init(&item->link);
	return item;
}

double item_tokens(struct item *item)
{
	if (item->tokens <= 0)
		item->tokens = tokens_estimate(item->text);
	return item->tokens;
}

void item_keep(struct item *item)
{
	if (!item->source)
		return;
	buf_init(&item->own, item->text.n);
	buf_put_span(&item->own, item->text);
	item->text = buf_span(&item->own);
	item->source = NULL;
}

void item_free(struct item *item)
{
	assert(item->calls_n == 0 && item->same.hash == 0);
	buf_release(&item->own);
	free(item);
}
