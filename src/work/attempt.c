/* SPDX-License-Identifier: MIT */
#include "work/attempt.h"

#include <stdlib.h>

void attempt_init(struct attempt *a, size_t body_max_bytes)
{
	*a = (struct attempt){ .hint = { .wait_ms = -1, .should_retry = -1 }, .first_byte_ms = -1 };
	buf_init(&a->body, body_max_bytes);
}

void attempt_again(struct attempt *a)
{
	struct buf body = a->body;
	char *path = a->path;
	const struct api *api = a->api;
	unsigned texts_n = a->texts_n;
	a->body = (struct buf){ 0 };
	a->path = NULL;
	attempt_release(a);
	*a = (struct attempt){
		.api = api,
		.path = path,
		.body = body,
		.texts_n = texts_n,
		.hint = { .wait_ms = -1, .should_retry = -1 },
		.first_byte_ms = -1,
	};
}

void attempt_release(struct attempt *a)
{
	buf_release(&a->body);
	buf_release(&a->answer);
	free(a->path);
	free(a->detail);
	free(a->allowances);
	a->path = NULL;
	a->detail = NULL;
	a->allowances = NULL;
}
