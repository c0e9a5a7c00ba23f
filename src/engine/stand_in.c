/* SPDX-License-Identifier: MIT */
/*
 * A value is made of the paths that lead into it, all at once: those that go on with a name make an
 * object of it, those with an index an array, and where all end there are words. Paths that
 * contradict each other get what the first of them wants.
 */
#include "engine/stand_in.h"

#include "base/xalloc.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	SHARE = 8,       /* of a limit for later prompts: what one answer may be */
	ITEMS_MAX = 256, /* of an array; real answers have fewer, and a template may name any */
	MARK_LEAST = 100000000,
	MARKS_N = 1000000000,
	MARK_TOKENS = 3
};

/* What is left of a path. */
struct tail {
	const struct path_part *parts;
	size_t n;
};

/* The paths that lead into the answer. */
struct tails {
	struct tail *items; /* owned */
	size_t n;
};

static bool is_named(const struct path *path, const struct step *step)
{
	const struct path_part *first = path->parts;
	return path->parts_n > 0 && first->name &&
		span_is((struct span){ first->name, first->name_n }, step->name);
}

static int64_t count_uses(const struct template *t, const struct step *step)
{
	int64_t n = 0;
	for (size_t i = 0; i < template_holes_n(t); i++)
		n += is_named(template_hole(t, i), step);
	return n;
}

int64_t stand_in_uses(const struct step *step, const struct step *other)
{
	return count_uses(&step->prompt, other) + count_uses(&step->system, other);
}

int64_t stand_in_tokens(const struct plan *plan, unsigned step, int64_t most)
{
	int64_t tokens = most > 0 && most < STAND_IN_TOKENS ? most : STAND_IN_TOKENS;
	for (unsigned i = 0; i < plan->steps_n; i++) {
		const struct step *later = &plan->steps[i];
		int64_t room = later->max_input_tokens / SHARE;
		if (later->max_input_tokens > 0 && room < tokens &&
			stand_in_uses(later, &plan->steps[step]) > 0)
			tokens = room > 0 ? room : 1;
	}
	return tokens;
}

void stand_in_put_words(struct buf *out, const struct stand_in *like)
{
	/* Of nine digits three are a token. */
	buf_put_int(out, MARK_LEAST + (long long)(like->mark % (MARKS_N - MARK_LEAST)));
	for (int64_t i = MARK_TOKENS; i < like->tokens; i++)
		buf_put_str(out, " word");
}

static void add_tail(struct tails *t, const struct path *path, size_t skipped_n)
{
	t->items = xrealloc(t->items, t->n + 1, sizeof *t->items);
	t->items[t->n++] = (struct tail){ path->parts + skipped_n, path->parts_n - skipped_n };
}

/* Of a list the index says which of the answers is meant. */
static void add_holes(struct tails *tails, const struct template *t, const struct step *step)
{
	for (size_t i = 0; i < template_holes_n(t); i++) {
		const struct path *path = template_hole(t, i);
		bool is_list = step_is_list(step);
		if (is_named(path, step) && path->parts_n > 1u + is_list)
			add_tail(tails, path, 1u + is_list);
	}
}

static void put_value(struct buf *out, const struct tails *tails, const struct stand_in *leaf);

/* Gives which of so many items an index means. */
static long place_of(const struct path_part *part, long items_n)
{
	return part->index < 0 ? items_n + part->index : part->index;
}

/* True if the path goes on with that part, of an array of so many items if it is no name. */
static bool goes_on(const struct tail *t, const struct path_part *part, long items_n)
{
	const struct path_part *own = t->parts;
	if (t->n == 0 || !own->name != !part->name)
		return false;
	if (!own->name)
		return place_of(own, items_n) == part->index;
	return own->name_n == part->name_n && memcmp(own->name, part->name, own->name_n) == 0;
}

/* Appends what is made of the paths that go on with that part. */
static void put_part(struct buf *out, const struct tails *t, const struct path_part *part,
	long items_n, const struct stand_in *leaf)
{
	struct tails rest = { .items = xcalloc(t->n, sizeof *rest.items) };
	for (size_t i = 0; i < t->n; i++)
		if (goes_on(&t->items[i], part, items_n))
			rest.items[rest.n++] =
				(struct tail){ t->items[i].parts + 1, t->items[i].n - 1 };
	put_value(out, &rest, leaf);
	free(rest.items);
}

/* True if a path before that one goes on with the same name. */
static bool is_known(const struct tails *t, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (goes_on(&t->items[i], t->items[index].parts, 0))
			return true;
	return false;
}

static void put_object(struct buf *out, const struct tails *t, const struct stand_in *leaf)
{
	bool is_first = true;
	buf_put_char(out, '{');
	for (size_t i = 0; i < t->n; i++) {
		const struct path_part *part = t->items[i].parts;
		if (t->items[i].n == 0 || !part->name || is_known(t, i))
			continue;
		if (!is_first)
			buf_put_char(out, ',');
		is_first = false;
		json_put_string(out, (struct span){ part->name, part->name_n });
		buf_put_char(out, ':');
		put_part(out, t, part, 0, leaf);
	}
	buf_put_char(out, '}');
}

/* Gives how many items an array has at least in which all indexes lead to one. */
static long count_items(const struct tails *t)
{
	long items_n = 1;
	for (size_t i = 0; i < t->n; i++) {
		const struct path_part *part = t->items[i].parts;
		if (t->items[i].n == 0 || part->name)
			continue;
		if (part->index < -ITEMS_MAX || part->index >= ITEMS_MAX)
			return ITEMS_MAX;
		long needed_n = part->index < 0 ? -part->index : part->index + 1;
		items_n = needed_n > items_n ? needed_n : items_n;
	}
	return items_n;
}

static void put_array(struct buf *out, const struct tails *t, const struct stand_in *leaf)
{
	long items_n = count_items(t);
	buf_put_char(out, '[');
	for (long i = 0; i < items_n; i++) {
		const struct path_part part = { .index = i };
		if (i > 0)
			buf_put_char(out, ',');
		put_part(out, t, &part, items_n, leaf);
	}
	buf_put_char(out, ']');
}

static void put_value(struct buf *out, const struct tails *t, const struct stand_in *leaf)
{
	size_t i = 0;
	while (i < t->n && t->items[i].n == 0)
		i++;
	if (i == t->n) {
		buf_put_char(out, '"');
		stand_in_put_words(out, leaf);
		buf_put_char(out, '"');
	} else if (t->items[i].parts->name) {
		put_object(out, t, leaf);
	} else {
		put_array(out, t, leaf);
	}
}

void stand_in_put_value(
	struct buf *out, const struct plan *plan, unsigned step, const struct stand_in *like)
{
	const struct step *self = &plan->steps[step];
	struct tails tails = { 0 };
	for (unsigned i = 0; i < plan->steps_n; i++) {
		if (i == step)
			continue;
		add_holes(&tails, &plan->steps[i].prompt, self);
		add_holes(&tails, &plan->steps[i].system, self);
		add_holes(&tails, &plan->steps[i].image, self);
	}
	if (self->has_vote_by)
		add_tail(&tails, &self->vote_by, 0);
	struct stand_in leaf = *like;
	if (tails.n > 0)
		leaf.tokens /= (int64_t)tails.n;
	put_value(out, &tails, &leaf);
	free(tails.items);
}
