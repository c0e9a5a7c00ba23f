/* SPDX-License-Identifier: MIT */
/*
 * Spans of the record are kept as they stand; only what is rendered (templates, arguments that
 * OpenAI writes as a string with JSON in it) is copied, into buffers that are made large enough
 * first, so that spans into them stay good.
 */
#include "api/chat.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXTS_MAX_BYTES = 1 << 30,
	CALL_DISTANCE_MAX = 4096 /* parts between a tool's call and its result */
};

/* Where a message is, for complaints. */
struct reading {
	struct chat *chat;
	const struct ask *ask;
	struct fault *fault;
	size_t message;
};

static bool refuse(const struct reading *r, const char *what)
{
	return fault_set(r->fault, ERROR_BAD_RECORD, "messages[%zu]: %s", r->message, what);
}

static struct chat_part *add_part(struct chat *chat, enum chat_kind kind)
{
	/* Doubling: a record may have thousands of messages. */
	if ((chat->parts_n & (chat->parts_n - 1)) == 0)
		chat->parts = xrealloc(
			chat->parts, chat->parts_n ? chat->parts_n * 2 : 1, sizeof *chat->parts);
	struct chat_part *part = &chat->parts[chat->parts_n++];
	*part = (struct chat_part){ .kind = kind };
	if (chat->turns_n > 0)
		chat->turns[chat->turns_n - 1].parts_n++;
	return part;
}

static void add_turn(struct chat *chat, enum chat_role role)
{
	if ((chat->turns_n & (chat->turns_n - 1)) == 0)
		chat->turns = xrealloc(
			chat->turns, chat->turns_n ? chat->turns_n * 2 : 1, sizeof *chat->turns);
	chat->turns[chat->turns_n++] = (struct chat_turn){ .role = role, .first = chat->parts_n };
}

static void add_text(struct chat *chat, struct span text)
{
	add_part(chat, CHAT_TEXT)->text = text;
}

static struct span member_text(struct span object, const char *name)
{
	return json_text_of(json_member(object, span_of(name)));
}

/* "data:image/png;base64,....": true if the URL is one, with the part filled. */
static bool read_data_url(struct chat_part *part, struct span url)
{
	const struct span scheme = SPAN("data:"), mark = SPAN(";base64,");
	if (url.n < scheme.n || memcmp(url.at, scheme.at, scheme.n) != 0)
		return false;
	const char *at = memmem(url.at, url.n < 100 ? url.n : 100, mark.at, mark.n);
	if (!at)
		return false;
	part->kind = CHAT_IMAGE;
	part->media_type = (struct span){ url.at + scheme.n, (size_t)(at - url.at) - scheme.n };
	part->data = (struct span){ at + mark.n, (size_t)(url.at + url.n - at) - mark.n };
	return true;
}

static bool read_image(const struct reading *r, struct span url)
{
	if (!url.at)
		return refuse(r, "an image without a URL");
	struct chat_part *part = add_part(r->chat, CHAT_IMAGE_URL);
	if (!read_data_url(part, url))
		part->text = url;
	return true;
}

/* Anthropic's: {"type":"base64","media_type","data"} or {"type":"url","url"}. */
static bool read_source(const struct reading *r, struct span source)
{
	struct span data = member_text(source, "data");
	if (!data.at)
		return read_image(r, member_text(source, "url"));
	struct chat_part *part = add_part(r->chat, CHAT_IMAGE);
	part->media_type = member_text(source, "media_type");
	part->data = data;
	return part->media_type.at || refuse(r, "an image without media_type");
}

/* A tool's result is a string, or an array of blocks with texts. */
static bool read_result(const struct reading *r, struct chat_part *part, struct span content)
{
	struct json_walk walk;
	struct buf *texts = &r->chat->texts;
	part->text = json_text_of(content);
	if (part->text.at)
		return true;
	size_t from = texts->len;
	json_walk_init(&walk, content);
	while (content.at && !walk.in_object && json_walk_next(&walk)) {
		struct span text = member_text(walk.value, "text");
		if (!text.at)
			return refuse(r,
				"a tool's result that is more than text cannot be told in this API's words");
		buf_put_span(texts, text);
	}
	part->text = (struct span){ texts->data + from, texts->len - from };
	return true;
}

/* Arguments are an object, or OpenAI's string that holds one. */
static bool read_args(const struct reading *r, struct chat_part *part, struct span args)
{
	struct span text = json_text_of(args);
	struct json_fault why;
	part->args = args.at ? args : SPAN("{}");
	if (!text.at)
		return json_kind(part->args) == JSON_KIND_OBJECT ||
			refuse(r, "a tool call whose arguments are no object");
	size_t from = r->chat->texts.len;
	json_put_plain(&r->chat->texts, text);
	struct span plain = { r->chat->texts.data + from, r->chat->texts.len - from };
	if (plain.n == 0)
		part->args = SPAN("{}");
	else if (!json_scan(plain, &part->args, &why) || json_kind(part->args) != JSON_KIND_OBJECT)
		return refuse(r, "a tool call whose arguments are not the JSON of an object");
	return true;
}

/* Anthropic's blocks and OpenAI's parts, of the Responses too. */
static bool read_part(const struct reading *r, struct span value)
{
	struct span type = member_text(value, "type");
	if (span_is(type, "text") || span_is(type, "input_text") || span_is(type, "output_text")) {
		struct span text = member_text(value, "text");
		add_text(r->chat, text);
		return text.at || refuse(r, "a part of type text without \"text\"");
	}
	if (span_is(type, "image_url") || span_is(type, "input_image")) {
		struct span url = json_member(value, SPAN("image_url"));
		struct span plain = json_text_of(url);
		struct span detail = member_text(plain.at ? value : url, "detail");
		if (!read_image(r, plain.at || !url.at ? plain : member_text(url, "url")))
			return false;
		r->chat->parts[r->chat->parts_n - 1].detail = detail;
		return true;
	}
	if (span_is(type, "image"))
		return read_source(r, json_member(value, SPAN("source")));
	if (span_is(type, "tool_use")) {
		struct chat_part *part = add_part(r->chat, CHAT_CALL);
		part->id = member_text(value, "id");
		part->name = member_text(value, "name");
		return read_args(r, part, json_member(value, SPAN("input")));
	}
	if (span_is(type, "tool_result")) {
		struct chat_part *part = add_part(r->chat, CHAT_RESULT);
		part->id = member_text(value, "tool_use_id");
		return read_result(r, part, json_member(value, SPAN("content")));
	}
	return refuse(r,
		"a part that is neither text nor image nor a tool's cannot be told in this API's "
		"words" LOG_HELP "give a \"body\"");
}

static bool read_content(const struct reading *r, struct span content)
{
	struct json_walk walk;
	struct span text = json_text_of(content);
	if (text.at) {
		add_text(r->chat, text);
		return true;
	}
	if (!content.at || span_is(content, "null"))
		return true;
	json_walk_init(&walk, content);
	if (json_kind(content) != JSON_KIND_ARRAY)
		return refuse(r, "\"content\" is neither a string nor an array");
	while (json_walk_next(&walk))
		if (!read_part(r, walk.value))
			return false;
	return true;
}

static bool read_calls(const struct reading *r, struct span calls)
{
	struct json_walk walk;
	if (!calls.at)
		return true;
	json_walk_init(&walk, calls);
	while (!walk.in_object && json_walk_next(&walk)) {
		struct span function = json_member(walk.value, SPAN("function"));
		struct chat_part *part = add_part(r->chat, CHAT_CALL);
		part->id = member_text(walk.value, "id");
		part->name = member_text(function, "name");
		if (!part->name.at)
			return refuse(r, "a tool call without a name");
		if (!read_args(r, part, json_member(function, SPAN("arguments"))))
			return false;
	}
	return true;
}

static bool read_system(const struct reading *r, struct span content)
{
	struct chat *chat = r->chat;
	struct json_walk walk;
	struct span text = json_text_of(content);
	if (chat->has_system)
		buf_put_str(&chat->system, "\\n\\n");
	chat->has_system = true;
	buf_put_span(&chat->system, text);
	if (text.at)
		return true;
	if (!content.at || json_kind(content) != JSON_KIND_ARRAY)
		return refuse(r, "a system message without text");
	json_walk_init(&walk, content);
	while (json_walk_next(&walk)) {
		struct span part = member_text(walk.value, "text");
		if (!part.at)
			return refuse(r, "a system message that is more than text");
		buf_put_span(&chat->system, part);
	}
	return true;
}

/* OpenAI tells several users apart by name, others do not. */
static bool is_nameless(const struct reading *r, struct span message)
{
	return !member_text(message, "name").n ||
		refuse(r,
			"a \"name\" cannot be told in this API's words" LOG_HELP
			"put it into the text");
}

static bool read_message(const struct reading *r, struct span message)
{
	struct span role = member_text(message, "role");
	struct span content = json_member(message, SPAN("content"));
	if (span_is(role, "system") || span_is(role, "developer"))
		return read_system(r, content);
	if (span_is(role, "user")) {
		add_turn(r->chat, CHAT_USER);
		return is_nameless(r, message) && read_content(r, content);
	}
	if (span_is(role, "assistant") || span_is(role, "model")) {
		add_turn(r->chat, CHAT_ASSISTANT);
		struct span refusal = member_text(message, "refusal");
		if (refusal.at)
			add_text(r->chat, refusal);
		if (member_text(json_member(message, SPAN("function_call")), "name").at)
			return refuse(r,
				"\"function_call\" is OpenAI's old form" LOG_HELP
				"write \"tool_calls\"");
		return is_nameless(r, message) && read_content(r, content) &&
			read_calls(r, json_member(message, SPAN("tool_calls")));
	}
	if (span_is(role, "tool") || span_is(role, "function")) {
		add_turn(r->chat, CHAT_TOOL);
		struct chat_part *part = add_part(r->chat, CHAT_RESULT);
		part->id = member_text(message, "tool_call_id");
		part->name = member_text(message, "name");
		return read_result(r, part, content);
	}
	return refuse(r, "\"role\" is none of system, developer, user, assistant, tool");
}

static bool read_messages(struct reading *r)
{
	struct json_walk walk;
	json_walk_init(&walk, r->ask->own);
	for (; json_walk_next(&walk); r->message++)
		if (!read_message(r, walk.value))
			return false;
	return r->chat->turns_n > 0 ||
		fault_set(r->fault, ERROR_BAD_RECORD, "messages: nobody says anything");
}

/* Pictures go before the words, as vendors advise. */
static void add_images(const struct reading *r)
{
	struct buf *urls = &r->chat->urls;
	size_t room = 1;
	for (size_t i = 0; i < r->ask->images_n; i++)
		room += r->ask->images[i].url ? strlen(r->ask->images[i].url) * 6 : 0;
	buf_reserve(urls, room);
	for (size_t i = 0; i < r->ask->images_n; i++) {
		const struct image *image = &r->ask->images[i];
		struct chat_part *part =
			add_part(r->chat, image->url ? CHAT_IMAGE_URL : CHAT_IMAGE);
		size_t from = urls->len;
		if (image->url) {
			json_put_escaped(urls, span_of(image->url));
			part->text = (struct span){ urls->data + from, urls->len - from };
		} else {
			part->data = buf_span(&image->base64);
			part->media_type = span_of(image->media_type);
		}
	}
}

static bool read_prompt(struct reading *r)
{
	add_turn(r->chat, CHAT_USER);
	add_images(r);
	if (!ask_put_prompt(r->ask, &r->chat->texts, r->fault))
		return false;
	add_text(r->chat, buf_span(&r->chat->texts));
	return true;
}

bool chat_init(struct chat *chat, const struct ask *ask, struct fault *fault)
{
	struct reading r = { .chat = chat, .ask = ask, .fault = fault };
	*chat = (struct chat){ .has_system = ask->step->has_system };
	buf_init(&chat->system, TEXTS_MAX_BYTES);
	buf_init(&chat->texts, TEXTS_MAX_BYTES);
	buf_init(&chat->urls, TEXTS_MAX_BYTES);
	if (!ask_has_words(ask, fault) ||
		(chat->has_system && !ask_put_system(ask, &chat->system, fault)))
		return false;
	/* What is rendered of messages is never more than there was. */
	buf_reserve(&chat->texts, ask->form == ASK_MESSAGES ? ask->own.n : 1);
	if (!(ask->form == ASK_MESSAGES ? read_messages(&r) : read_prompt(&r)))
		return false;
	if (ask->reask) {
		add_turn(chat, CHAT_ASSISTANT);
		add_text(chat, ask->reask->answer);
		add_turn(chat, CHAT_USER);
		add_text(chat, ask->reask->complaint);
	}
	return true;
}

void chat_release(struct chat *chat)
{
	buf_release(&chat->system);
	buf_release(&chat->texts);
	buf_release(&chat->urls);
	free(chat->turns);
	free(chat->parts);
	*chat = (struct chat){ 0 };
}

bool chat_put_parts(struct buf *out, const struct chat *chat, const struct chat_turn *turn,
	chat_put_part *put, struct fault *fault)
{
	for (size_t i = 0; i < turn->parts_n; i++)
		if ((i > 0 && !buf_put_char(out, ',')) ||
			!put(out, &chat->parts[turn->first + i], chat, fault))
			return false;
	return true;
}

bool chat_has(const struct chat *chat, const struct chat_turn *turn, enum chat_kind kind)
{
	for (size_t i = 0; i < turn->parts_n; i++)
		if (chat->parts[turn->first + i].kind == kind)
			return true;
	return false;
}

bool chat_put_texts(struct buf *out, const struct chat *chat, const struct chat_turn *turn)
{
	for (size_t i = 0; i < turn->parts_n; i++)
		if (chat->parts[turn->first + i].kind == CHAT_TEXT &&
			!buf_put_span(out, chat->parts[turn->first + i].text))
			return false;
	return true;
}

struct span chat_tool_name(const struct chat *chat, const struct chat_part *result)
{
	size_t at = (size_t)(result - chat->parts);
	size_t last = at > CALL_DISTANCE_MAX ? at - CALL_DISTANCE_MAX : 0;
	if (result->name.at)
		return result->name;
	while (at-- > last)
		if (chat->parts[at].kind == CHAT_CALL &&
			span_equals(chat->parts[at].id, result->id))
			return chat->parts[at].name;
	return (struct span){ 0 };
}

bool chat_put_quoted(struct buf *out, struct span escaped)
{
	return buf_put_char(out, '"') && buf_put_span(out, escaped) && buf_put_char(out, '"');
}

bool chat_refuse(struct fault *fault, const char *api, const char *what)
{
	return fault_set(fault, ERROR_BAD_RECORD, "%s takes no %s", api, what);
}
