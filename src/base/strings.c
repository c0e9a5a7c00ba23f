/* SPDX-License-Identifier: MIT */
#include "base/strings.h"

#include "base/xalloc.h"

#include <stdlib.h>

void strings_add(struct strings *list, const char *s)
{
	list->items = xrealloc(list->items, list->n + 1, sizeof *list->items);
	list->items[list->n++] = xstrdup(s);
}

void strings_release(struct strings *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strings){ 0 };
}
