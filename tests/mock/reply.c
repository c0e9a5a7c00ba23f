/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include "base/xalloc.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void reply_json(struct reply *r, int status, struct buf json)
{
	*r = (struct reply){ .status = status, .content_type = REPLY_JSON, .body = json };
}

void reply_text(struct reply *r, int status, const char *text)
{
	struct buf body;
	buf_init(&body, strlen(text) + 1);
	buf_put_str(&body, text);
	reply_json(r, status, body);
}

void reply_tree(struct reply *r, int status, json_t *tree)
{
	char *text = tree ? json_dumps(tree, JSON_COMPACT) : NULL;
	if (!text)
		xalloc_die();
	reply_text(r, status, text);
	free(text);
	json_decref(tree);
}

void reply_release(struct reply *r)
{
	free(r->body.data);
	*r = (struct reply){ 0 };
}
