/* SPDX-License-Identifier: MIT */
#include "app/batch_files.h"

#include "api/api.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define V1 "/v1"

static const char *format_name(enum batch format)
{
	return format == BATCH_PARAMS ? "anthropic-batch" : "openai-batch";
}

enum batch batch_files_format(const struct config *config)
{
	switch ((enum input_format)config->reader.format) {
	case INPUT_OPENAI_BATCH:
		return BATCH_BODIES;
	case INPUT_ANTHROPIC_BATCH:
		return BATCH_PARAMS;
	case INPUT_JSONL:
	case INPUT_LINES:
	case INPUT_SEQ:
		break;
	}
	return BATCH_NONE;
}

/* An option, and why it has no place in a batch. */
struct misfit {
	const char *option;
	bool is_given;
	const char *reason;
};

static const struct misfit *first_given(const struct misfit *misfits, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (misfits[i].is_given)
			return &misfits[i];
	return NULL;
}

static bool names_several(const struct strings *models)
{
	for (size_t i = 0; i < models->n; i++)
		if (strchr(models->items[i], ','))
			return true;
	return false;
}

/* Finds among the options that make several calls of a record, or of several records one. */
static bool find_step_misfit(const struct config *c, struct misfit *found)
{
	static const char one[] = "each of its records is one request, with one answer";
	static const char own[] = "its records are whole requests";
	const struct prompt_opts *o = &c->prompt;
	const struct misfit misfits[] = {
		{ "reduce", c->command == COMMAND_REDUCE, one },
		{ "--flow", o->flow != NULL, one },
		{ "--show-flow", o->show_flow != FLOW_IS_RUN, one },
		{ "-m with several models", names_several(&o->models), one },
		{ "--samples", o->samples.n > 0, one },
		{ "--join", o->joins.n > 0, one },
		{ "--vote-by", o->vote_bys.n > 0, one },
		{ "--quorum", o->quorums.n > 0, one },
		{ "--emit", o->emits.n > 0, one },
		{ "--max-input-tokens", o->max_input_tokens > 0, own },
		{ "--on-truncate grow", c->pipeline.sched.on_truncate == TRUNCATE_GROWS, own },
	};
	const struct misfit *m = first_given(misfits, sizeof misfits / sizeof *misfits);
	if (m)
		*found = *m;
	return m != NULL;
}

/* Finds an option that was given and has no place in a batch. */
static bool find_misfit(const struct config *c, struct misfit *found)
{
	static const char own[] = "its records are whole requests";
	static const char whole[] = "answers go into a file as a whole";
	static const char form[] = "the output has that format too";
	static const char as_new[] = "each of its records is asked, what --errors wrote as well";
	const struct misfit misfits[] = {
		{ "embed", c->command == COMMAND_EMBED, own },
		{ "chunk", c->command == COMMAND_CHUNK, own },
		{ "-p", c->prompt.prompts.n > 0, own },
		{ "--prompt-file", c->prompt.prompt_files.n > 0, own },
		{ "-s", c->prompt.systems.n > 0, own },
		{ "--image", c->prompt.images.n > 0, own },
		{ "--schema", c->prompt.schemas.n > 0, own },
		{ "--stream", c->endpoint.is_streamed, whole },
		{ "--ttft-timeout", c->pipeline.sched.ttft_timeout_ms > 0, whole },
		{ "--idle-timeout", c->pipeline.sched.idle_timeout_ms > 0, whole },
		{ "-a", strcmp(c->prompt.as, "output") != 0, form },
		{ "-r", c->writer.form == RESULT_RAW, form },
		{ "--raw-output0", c->writer.form == RESULT_RAW0, form },
		{ "--seq", c->writer.form == RESULT_SEQ, form },
		{ "--meta", c->writer.meta != NULL, form },
		{ "--retry-errors", c->reader.revives, as_new },
		{ "--existing", c->pipeline.existing != EXISTING_IS_ERROR, as_new },
	};
	const struct misfit *m = first_given(misfits, sizeof misfits / sizeof *misfits);
	if (m)
		*found = *m;
	return m != NULL || find_step_misfit(c, found);
}

/* True if the name of the model that is asked begins with the API's, which then counts as --api. */
static bool names_api(const struct strings *models, const char *api)
{
	size_t n = strlen(api);
	const char *model = models->n > 0 ? models->items[models->n - 1] : "";
	const char *step_end = strchr(model, '=');
	model = step_end ? step_end + 1 : model;
	return strncmp(model, api, n) == 0 && model[n] == '/';
}

bool batch_files_prepare(struct config *config, struct err *err)
{
	struct misfit misfit;
	enum batch format = batch_files_format(config);
	if (format == BATCH_NONE)
		return true;
	if (find_misfit(config, &misfit))
		return err_set(err, ERR_USAGE, "%s does not go with --input-format %s: %s",
			misfit.option, format_name(format), misfit.reason);
	config->writer.form = RESULT_BATCH;
	if (format == BATCH_PARAMS && !config->endpoint.api &&
		!names_api(&config->prompt.models, "anthropic"))
		config->endpoint.api = xstrdup("anthropic");
	return true;
}

static bool begins_with(const char *text, const char *part)
{
	return text && strncmp(text, part, strlen(part)) == 0;
}

/* Whoever takes a key as OpenAI does, or as Azure, has OpenAI's paths too or can say that not. */
static bool fits(enum batch format, const struct api *api)
{
	if (format == BATCH_PARAMS)
		return strcmp(api->name, "anthropic") == 0;
	return !api->is_signed && !api_has_model_in_path(api) &&
		(begins_with(api->auth_header, "Authorization: Bearer ") ||
			begins_with(api->auth_header, "api-key: "));
}

static bool ends_with_version(const char *text, size_t n)
{
	return n >= sizeof V1 - 1 && memcmp(text + n - sizeof V1 + 1, V1, sizeof V1 - 1) == 0;
}

/* Azure's paths have more before /v1 than its base. */
static char *place_of(const struct endpoint *e)
{
	const char *version = strstr(e->api->path, V1 "/");
	size_t base_n = strlen(e->base);
	bool has_path = strchr(strstr(e->base, "://") + 3, '/') != NULL;
	if (version && version > e->api->path)
		return xasprintf("%s%.*s" V1, e->base, (int)(version - e->api->path), e->api->path);
	return ends_with_version(e->base, base_n) || (has_path && !version)
		? xstrdup(e->base)
		: xasprintf("%s" V1, e->base);
}

bool batch_files_place(enum batch format, struct endpoints *list, struct err *err)
{
	for (unsigned i = 0; format != BATCH_NONE && i < list->n; i++) {
		struct endpoint *e = &list->items[i];
		if (!fits(format, e->api))
			return err_set(err, ERR_USAGE,
				"--input-format %s does not go with --api %s" LOG_HELP
				"it needs %s",
				format_name(format), e->api->name,
				format == BATCH_PARAMS
					? "--api anthropic"
					: "--api openai, or another with OpenAI's paths and keys");
		if (format == BATCH_PARAMS)
			continue;
		char *place = place_of(e);
		free(e->url);
		e->url = place;
		size_t n = strlen(e->base);
		if (ends_with_version(e->base, n))
			e->base[n - sizeof V1 + 1] = '\0';
	}
	return true;
}
