/* SPDX-License-Identifier: MIT */
/*
 * If all of a record's messages are in the API's own words, nobody has to understand them, and
 * parts that pllm never heard of pass. Else chat_init reads all of them; those that are the API's
 * own are still sent as they stand.
 *
 * Neighbours of one role are two or three tools' results most of the time, or a record of somebody
 * who asked an API that does not mind; their blocks are joined, each as it would be alone.
 */
#include "api/turns.h"

#include "base/xalloc.h"
#include "json/text.h"
#include "json/walk.h"

#include <stdlib.h>

struct turn {
	bool is_assistant;
	struct span own;              /* the record's message as it stands; missing = not so */
	const struct chat_turn *told; /* else this; NULL = not this either */
	struct span said;             /* else this text, escaped */
};

bool turns_is_plain(struct span message)
{
	struct json_walk walk;
	struct span role = json_text_of(json_member(message, SPAN("role")));
	if (!span_is(role, "user") && !span_is(role, "assistant"))
		return false;
	json_walk_init(&walk, message);
	while (json_walk_next(&walk))
		if (!json_key_is(walk.key, SPAN("role")) && !json_key_is(walk.key, SPAN("content")))
			return false;
	return true;
}

const char *turns_picture(struct span media_type, const char *api, struct fault *fault)
{
	static const struct {
		struct span type;
		const char *kind;
	} kinds[] = {
		{ SPAN("image/png"), "png" },
		{ SPAN("image/jpeg"), "jpeg" },
		{ SPAN("image/jpg"), "jpeg" }, /* a common mistake */
		{ SPAN("image/gif"), "gif" },
		{ SPAN("image/webp"), "webp" },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (media_type.at && json_escaped_equals(media_type, kinds[i].type))
			return kinds[i].kind;
	fault_set(fault, ERROR_BAD_RECORD,
		"%s takes images of type image/png, image/jpeg, image/gif and image/webp only",
		api);
	return NULL;
}

static struct turn *add(struct turns *t, struct turn turn)
{
	if ((t->n & (t->n - 1)) == 0)
		t->items = xrealloc(t->items, t->n ? t->n * 2 : 1, sizeof *t->items);
	t->items[t->n] = turn;
	return &t->items[t->n++];
}

static bool is_all_own(const struct turns_style *style, struct span messages)
{
	struct json_walk walk;
	json_walk_init(&walk, messages);
	while (json_walk_next(&walk))
		if (!style->is_own(walk.value))
			return false;
	return !json_is_empty(messages);
}

static void add_own(struct turns *t, struct span messages)
{
	struct json_walk walk;
	json_walk_init(&walk, messages);
	while (json_walk_next(&walk)) {
		struct span role = json_text_of(json_member(walk.value, SPAN("role")));
		add(t,
			(struct turn){
				.is_assistant = span_is(role, "assistant"), .own = walk.value });
	}
}

/* The chat's turns are the record's messages in their order, but for those of the system. */
static void add_told(struct turns *t, const struct ask *ask)
{
	size_t n = t->chat.turns_n - (ask->reask ? 2 : 0);
	struct json_walk walk;
	json_walk_init(&walk, ask->form == ASK_MESSAGES ? ask->own : (struct span){ 0 });
	for (size_t i = 0; i < n; i++) {
		const struct chat_turn *told = &t->chat.turns[i];
		struct turn *turn = add(t,
			(struct turn){
				.is_assistant = told->role == CHAT_ASSISTANT, .told = told });
		struct span role = { 0 };
		while (json_walk_next(&walk)) {
			role = json_text_of(json_member(walk.value, SPAN("role")));
			if (!span_is(role, "system") && !span_is(role, "developer"))
				break;
		}
		if (role.at && t->style->is_own(walk.value))
			turn->own = walk.value;
	}
}

bool turns_init(struct turns *t, const struct ask *ask, const struct turns_style *style,
	struct fault *fault)
{
	*t = (struct turns){ .style = style };
	if (ask->form == ASK_MESSAGES && is_all_own(style, ask->own)) {
		t->chat.has_system = ask->step->has_system;
		buf_init(&t->chat.system, SIZE_MAX / 4);
		if (t->chat.has_system && !ask_put_system(ask, &t->chat.system, fault))
			return false;
		add_own(t, ask->own);
	} else {
		if (!chat_init(&t->chat, ask, fault))
			return false;
		add_told(t, ask);
	}
	if (ask->reask) {
		/* No API takes a turn without words. */
		if (ask->reask->answer.n > 0)
			add(t, (struct turn){ .is_assistant = true, .said = ask->reask->answer });
		add(t, (struct turn){ .said = ask->reask->complaint });
	}
	return true;
}

void turns_release(struct turns *t)
{
	chat_release(&t->chat);
	free(t->items);
	*t = (struct turns){ 0 };
}

/* One message's blocks while they are written. */
struct blocks_out {
	const struct turns *turns;
	struct buf *out;
	struct fault *fault;
	bool has_before;
};

static bool put_comma(struct blocks_out *b)
{
	bool ok = !b->has_before || buf_put_char(b->out, ',');
	b->has_before = true;
	return ok;
}

static bool put_text(struct blocks_out *b, struct span text)
{
	struct chat_part part = { .kind = CHAT_TEXT, .text = text };
	return put_comma(b) && b->turns->style->put(b->out, &part, &b->turns->chat, b->fault);
}

static bool put_own_blocks(struct blocks_out *b, struct span message)
{
	struct span content = json_member(message, SPAN("content"));
	struct span text = json_text_of(content);
	if (text.at)
		return put_text(b, text);
	/* Brackets come off as quotes come off a string. */
	return json_is_empty(content) ||
		(put_comma(b) && buf_put_span(b->out, json_inside(content)));
}

static bool put_told_blocks(struct blocks_out *b, const struct chat_turn *turn)
{
	const struct chat *chat = &b->turns->chat;
	for (size_t i = 0; i < turn->parts_n; i++) {
		const struct chat_part *part = &chat->parts[turn->first + i];
		/* OpenAI's calls of tools come with an empty text, which others refuse. */
		if (part->kind == CHAT_TEXT && part->text.n == 0 && turn->parts_n > 1)
			continue;
		if (!put_comma(b) || !b->turns->style->put(b->out, part, chat, b->fault))
			return false;
	}
	return true;
}

/* Gives the text that is all the turn says; missing if it says more. */
static struct span bare_text(const struct turns *t, const struct turn *turn)
{
	if (!t->style->has_bare_text)
		return (struct span){ 0 };
	if (!turn->told)
		return turn->said;
	if (turn->told->parts_n != 1)
		return (struct span){ 0 };
	const struct chat_part *part = &t->chat.parts[turn->told->first];
	return part->kind == CHAT_TEXT ? part->text : (struct span){ 0 };
}

/* The n turns from `turn` on, which have one role, as one message. */
static bool put_message(const struct turns *t, const struct turn *turn, size_t n, struct buf *out,
	struct fault *fault)
{
	struct blocks_out b = { .turns = t, .out = out, .fault = fault };
	if (n == 1 && turn->own.at)
		return buf_put_span(out, turn->own);
	if (!buf_put_str(out,
		    turn->is_assistant ? "{\"role\":\"assistant\",\"content\":"
				       : "{\"role\":\"user\",\"content\":"))
		return false;
	struct span text = n == 1 ? bare_text(t, turn) : (struct span){ 0 };
	if (text.at)
		return chat_put_quoted(out, text) && buf_put_char(out, '}');
	bool ok = buf_put_char(out, '[');
	for (size_t i = 0; ok && i < n; i++) {
		if (turn[i].own.at)
			ok = put_own_blocks(&b, turn[i].own);
		else
			ok = turn[i].told ? put_told_blocks(&b, turn[i].told)
					  : put_text(&b, turn[i].said);
	}
	return ok && buf_put_str(out, "]}");
}

bool turns_put(const struct turns *t, struct buf *out, struct fault *fault)
{
	for (size_t i = 0, n; i < t->n; i += n) {
		n = 1;
		while (i + n < t->n && t->items[i + n].is_assistant == t->items[i].is_assistant)
			n++;
		if ((i > 0 && !buf_put_char(out, ',')) ||
			!put_message(t, &t->items[i], n, out, fault))
			return false;
	}
	return true;
}
