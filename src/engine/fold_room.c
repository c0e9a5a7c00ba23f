/* SPDX-License-Identifier: MIT */
#include "engine/fold_room.h"

#include "json/scan.h"
#include "work/cut.h"
#include "work/tokens.h"

#include <assert.h>

/* What stands where something was cut, escaped. */
#define MARK_END " [...]"
#define MARK_MIDDLE " [...] "

/* Of a pack without items: more than any request may have. */
#define PROMPT_MAX_BYTES (256UL << 20)

/* Of a token, and more than sums of costs are rounded by. */
#define SLACK 0.001

/* The part of a piece, from its end, in which a space is looked for. */
enum { SPACE_IS_NEAR = 4 };

/* What the template costs; a field that it misses is for the pack itself to complain of. */
static double measure(const struct template *t, struct span record)
{
	const struct template_scope scope = { .record = record };
	struct template_fault fault;
	struct buf text;
	buf_init(&text, PROMPT_MAX_BYTES);
	template_render(t, &scope, &text, &fault);
	double tokens = tokens_estimate(buf_span(&text));
	buf_release(&text);
	return tokens;
}

/* How many holes hold the items: by their name, or as a part of all of the pack. */
static double mentions_of_items(const struct template *t)
{
	double n = 0;
	for (size_t i = 0; i < template_holes_n(t); i++) {
		const struct path *p = template_hole(t, i);
		n += p->parts_n == 0 ||
			(p->parts[0].name && span_is(SPAN("items"), p->parts[0].name));
	}
	return n;
}

static void count(struct fold_room *room, const struct template *t, struct span record)
{
	room->tokens -= measure(t, record);
	room->times += mentions_of_items(t);
}

void fold_room_init(struct fold_room *room, const struct step *step, struct span key)
{
	struct buf record;
	struct span value;
	struct json_fault fault;
	*room = (struct fold_room){ .is_bounded = step->max_input_tokens > 0 };
	if (!room->is_bounded)
		return;
	room->tokens = (double)step->max_input_tokens;
	room->rule = step->on_overflow;
	buf_init(&record, key.n + sizeof "{\"key\":,\"items\":\"\"}");
	buf_put_str(&record, "{\"key\":");
	buf_put_span(&record, key);
	buf_put_str(&record, ",\"items\":\"\"}");
	bool is_json = json_scan(buf_span(&record), &value, &fault);
	assert(is_json);
	(void)is_json;
	if (step->has_prompt)
		count(room, &step->prompt, value);
	if (step->has_system)
		count(room, &step->system, value);
	if (room->times < 1)
		room->times = 1;
	buf_release(&record);
}

double fold_room_cost(const struct fold_room *room, struct span text)
{
	return room->is_bounded ? room->times * (tokens_estimate(text) + 1) : 0;
}

bool fold_room_fits(const struct fold_room *room, double cost)
{
	return !room->is_bounded || cost <= room->tokens + SLACK;
}

bool fold_room_fits_twice(const struct fold_room *room, double cost)
{
	return !room->is_bounded || cost <= room->tokens / 2;
}

/* What a text may be estimated at to cost so much as an item. */
static double estimate_of(const struct fold_room *room, double cost)
{
	return cost / room->times - 1;
}

bool fold_room_cut(const struct fold_room *room, struct span text, double cost, struct buf *out)
{
	bool in_middle = room->rule == OVERFLOW_CUTS_MIDDLE;
	return cut_text(text, estimate_of(room, cost), in_middle ? CUT_MIDDLE : CUT_END,
		in_middle ? SPAN(MARK_MIDDLE) : SPAN(MARK_END), out);
}

size_t fold_room_piece(const struct fold_room *room, struct span text)
{
	double budget = estimate_of(room, room->tokens);
	size_t n = tokens_prefix(text, budget);
	if (n == text.n)
		return n;
	for (size_t i = n; i > n - n / SPACE_IS_NEAR; i--)
		if (text.at[i - 1] == ' ')
			return i;
	return n;
}
