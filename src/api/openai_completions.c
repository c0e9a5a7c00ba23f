/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's older Completions, POST {base}/completions: a text is continued. vLLM, llama.cpp and
 * others keep it for models without a chat template.
 *
 * It has no roles. So what has some is refused, in place of being glued together in a way that a
 * template should say; only an answer that did not match its schema is written behind the prompt,
 * with what was wrong with it. Answers and streams are those of chats, with `text` in place of a
 * message, and are read in the same files.
 */
#include "api/api.h"

#include "api/chat.h"
#include "api/members.h"
#include "api/openai.h"
#include "api/vendors.h"
#include "json/walk.h"

#define NAME "openai-completions"

static bool check_words(const struct ask *ask, struct fault *fault)
{
	if (ask->step->has_system)
		return fault_set(fault, ERROR_BAD_RECORD,
			NAME " has no system message: put it into -p, or ask a chat: --api openai");
	if (ask->form == ASK_MESSAGES)
		return fault_set(fault, ERROR_BAD_RECORD,
			NAME
			" takes no \"messages\": ask a chat, --api openai, or give a \"prompt\"");
	if (ask->images_n > 0)
		return chat_refuse(fault, NAME, "images");
	return ask_has_words(ask, fault);
}

/* Several prompts, strings or arrays of tokens, would have several answers. */
static bool check_body(struct span body, struct fault *fault)
{
	struct span prompt = json_member(body, SPAN("prompt"));
	struct span first = json_item(prompt, 0);
	bool is_list = first.at && json_kind(first) != JSON_KIND_NUMBER;
	return !is_list || !json_item(prompt, 1).at ||
		fault_set(fault, ERROR_BAD_RECORD,
			"body.prompt must be one prompt: a record has one answer");
}

static bool put_prompt(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const struct reask *again = ask->reask;
	bool ok = buf_put_char(body, '"') && ask_put_prompt(ask, body, fault);
	if (again)
		ok = ok && buf_put_str(body, "\\n\\n") && buf_put_span(body, again->answer) &&
			buf_put_str(body, "\\n\\n") && buf_put_span(body, again->complaint) &&
			buf_put_str(body, "\\n\\n");
	return ok && buf_put_char(body, '"');
}

static bool put_request(
	const struct ask *ask, const struct members *m, struct buf *body, struct fault *fault)
{
	*fault = (struct fault){ 0 };
	bool ok = check_words(ask, fault) && buf_put_str(body, "{\"model\":") &&
		buf_put_span(body, ask->model) && buf_put_str(body, ",\"prompt\":") &&
		put_prompt(ask, body, fault) && members_put(m, body) && buf_put_char(body, '}');
	return ok || (fault->code == ERROR_NONE && members_too_large(body, fault));
}

static bool build(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const struct step *s = ask->step;
	struct members m;
	struct buf format;
	members_init(&m);
	buf_init(&format, SIZE_MAX / 4);
	if (ask->endpoint->is_streamed) {
		members_add(&m, "stream", SPAN("true"));
		members_add(&m, "stream_options.include_usage", SPAN("true"));
	}
	if (ask->max_tokens)
		members_add_int(&m, "max_tokens", ask->max_tokens);
	/* OpenAI itself has no such field here; vLLM and llama.cpp have. */
	if (s->schema && openai_put_format(&format, s->schema))
		members_add(&m, "response_format", buf_span(&format));
	members_add_params(&m, ask);
	bool ok = ask->form == ASK_BODY ? check_body(ask->own, fault) &&
			members_put_over_body(&m, ask, "model", body, fault)
					: put_request(ask, &m, body, fault);
	buf_release(&format);
	return ok;
}

const struct api api_openai_completions = {
	.refuses = API_HAS_NO_SYSTEM | API_HAS_NO_IMAGE,
	.name = NAME,
	VENDOR_OPENAI,
	.path = "/completions",
	.build = build,
	.max_tokens = { OPENAI_MAX_TOKENS },
	.seed = "seed",
	.read = openai_read,
	.read_usage = openai_read_usage,
};
