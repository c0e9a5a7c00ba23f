/* SPDX-License-Identifier: MIT */
#include "engine/render_batch.h"

#include "api/api.h"
#include "api/raw.h"
#include "base/xalloc.h"
#include "work/batch.h"
#include "work/record.h"

#include <stdlib.h>
#include <string.h>

#define V1 "/v1"

/*
 * In a batch the endpoint's url is where the paths below /v1 begin, whatever stands for that there
 * (see app/batch_files.h), and its base is where all others do.
 */
static char *path_at(const struct endpoint *e, const char *path)
{
	const char *begin = e->url + strlen(e->base);
	const size_t n = sizeof V1 - 1;
	return strncmp(path, V1 "/", n + 1) == 0 ? xasprintf("%s%s", begin, path + n)
						 : xstrdup(path);
}

bool render_batch(struct request *q, const struct plan *plan, const struct endpoint *endpoint,
	struct attempt *a, struct fault *fault)
{
	struct batch_request request;
	struct ask ask = {
		.step = &plan->steps[q->step],
		.endpoint = endpoint,
		.record = request_first(q)->record->value,
		.form = ASK_BODY,
		.max_tokens = plan->steps[q->step].max_tokens,
		.sample = -1,
	};
	a->api = raw_api(plan->batch);
	if (!batch_read(plan->batch, ask.record, &request, fault))
		return false;
	free(a->path);
	a->path = request.path ? path_at(endpoint, request.path) : NULL;
	q->is_own_body = q->brings_own = true;
	ask.own = request.body;
	if (endpoint->model)
		ask.model = span_of(endpoint->model_json);
	return api_build(a->api, &ask, &a->body, fault);
}
