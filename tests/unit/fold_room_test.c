/* SPDX-License-Identifier: MIT */
#include "engine/fold_room.h"

#include "base/xalloc.h"
#include "fold_rig.h"
#include "t.h"
#include "work/tokens.h"

#include <stdio.h>
#include <string.h>

/* Opens a fold of one group whose packs are bounded. */
static void open_bounded(
	struct fold_rig *g, int64_t fan_in, int64_t max_input_tokens, enum overflow_rule rule)
{
	fold_rig_prepare(g, NULL, fan_in);
	g->step->max_input_tokens = max_input_tokens;
	g->step->on_overflow = rule;
	fold_rig_open(g);
}

/* Gives a record whose item is n words. */
static void put_words(struct fold_rig *g, int64_t n)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	for (int64_t i = 0; i < n; i++)
		buf_put_str(&text, i ? " word" : "word");
	buf_put_char(&text, 0);
	fold_rig_put(g, "1", text.data);
	buf_release(&text);
}

static struct span items_of(const struct record *pack)
{
	return json_text_of(json_member(pack->value, SPAN("items")));
}

/* The prompt without items is "Merge null:\n". */
static int64_t empty_prompt(void)
{
	return (int64_t)tokens_estimate(SPAN("Merge null:\\n"));
}

TEST("a pack has as many items as fit beside the prompt")
{
	struct fold_rig g;
	/* room for two items of 4 words, each with its newline, and not for three */
	open_bounded(&g, 100, empty_prompt() + 14, OVERFLOW_IS_ERROR);
	for (int i = 0; i < 4; i++)
		put_words(&g, 4);
	CHECK_INT(fold_packs_n(g.f), 1);
	put_words(&g, 8);
	CHECK_INT(fold_packs_n(g.f), 2);
	put_words(&g, 4);
	CHECK_INT(fold_packs_n(g.f), 2);
	g.answer_words = 1;
	fold_rig_finish(&g);
	/* (4 4) (4 4) (8 4), and their answers */
	CHECK_INT(g.packs_n, 4);
	CHECK_STR(fold_rig_group(&g, 0), "null 6 2  word");
	fold_rig_release(&g);
}

TEST("a system message takes room, and a prompt that has the items twice needs it twice")
{
	struct fold_room room;
	struct plan plan = { 0 };
	struct err err;
	struct step *step = plan_add_step(&plan, "output");
	step->has_prompt = step->has_system = true;
	step->max_input_tokens = 100;
	CHECK(template_parse(&step->prompt, SPAN("{{items}} {{key}} {{ .items | trim }}"),
		TEMPLATE_FROM_FILE, &err));
	CHECK(template_parse(&step->system, SPAN("You merge"), TEMPLATE_FROM_FILE, &err));
	fold_room_init(&room, step, SPAN("\"key\""));
	CHECK(room.is_bounded);
	CHECK_INT(room.times, 2);
	CHECK_INT(room.tokens * 10,
		1000 - 10 * (tokens_estimate(SPAN(" key ")) + tokens_estimate(SPAN("You merge"))));
	CHECK_INT(fold_room_cost(&room, SPAN("a word or two")), 2 * (4 + 1));
	CHECK(fold_room_fits(&room, room.tokens) && !fold_room_fits(&room, room.tokens + 1));
	CHECK(fold_room_fits_twice(&room, room.tokens / 2));
	CHECK(!fold_room_fits_twice(&room, room.tokens / 2 + 1));
	step->max_input_tokens = 0;
	fold_room_init(&room, step, SPAN("\"key\""));
	CHECK(!room.is_bounded && fold_room_fits_twice(&room, 1e9));
	CHECK_INT(fold_room_cost(&room, SPAN("a word or two")), 0);
	plan_release(&plan);
}

TEST("no prompt is longer than the limit, and the packs do not depend on the order of answers")
{
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct fold_rig runs[2];
		for (uint64_t i = 0; i < 2; i++) {
			struct fold_rig *g = &runs[i];
			struct rng rng;
			open_bounded(g, 2 + (int64_t)seed % 7, 60, OVERFLOW_SPLITS);
			rng_init(&rng, seed);
			rng_init(&g->rng, seed * 2 + i);
			g->answer_words = seed % 20;
			if (!g->answer_words)
				g->answer_words = 1;
			for (int n = 0; n < 80; n++) {
				put_words(g, rng_upto(&rng, n % 9 ? 15 : 90));
				if (i == 0)
					fold_rig_answer_all(g);
			}
			fold_rig_finish(g);
			CHECK(g->largest <= 60);
			CHECK(strstr(fold_rig_group(g, 0), "null 80 ") != NULL);
			CHECK(!strstr(fold_rig_group(g, 0), "!"));
		}
		CHECK_INT(runs[0].sum, runs[1].sum);
		CHECK_INT(runs[0].packs_n, runs[1].packs_n);
		fold_rig_release(&runs[0]);
		fold_rig_release(&runs[1]);
	}
}

TEST("an item that is too large fails its group, and the message has both numbers")
{
	struct fold_rig g;
	open_bounded(&g, 8, empty_prompt() + 20, OVERFLOW_IS_ERROR);
	put_words(&g, 19);
	put_words(&g, 20);
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0),
		"null 2 ! too_large: a member failed: line 2: its item is about 20 tokens, and --max-input-tokens leaves 20 to items" LOG_HELP
		"--on-overflow says what else to do with it");
	fold_rig_release(&g);
}

TEST("an item that is too large is cut at its end or in its middle, with a mark")
{
	static const struct {
		enum overflow_rule rule;
		const char *head, *mark, *tail;
	} cases[] = {
		{ OVERFLOW_CUTS_END, "first word", " [...]", " [...]" },
		{ OVERFLOW_CUTS_MIDDLE, "first word", " [...] ", "word last" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fold_rig g;
		open_bounded(&g, 8, empty_prompt() + 20, cases[i].rule);
		fold_rig_put(&g, "1",
			"first word word word word word word word word word word word word word word word word word word word word word word last");
		fold_end(g.f);
		CHECK(fold_rig_take(&g));
		CHECK(g.largest <= (double)empty_prompt() + 20);
		CHECK(g.largest > (double)empty_prompt() + 12);
		struct span items = items_of(g.out[0]);
		char text[512];
		snprintf(text, sizeof text, "%.*s", (int)items.n, items.at);
		size_t tail_n = strlen(cases[i].tail);
		CHECK(strstr(text, cases[i].head) == text);
		CHECK(strstr(text, cases[i].mark) != NULL);
		CHECK_STR(text + strlen(text) - tail_n, cases[i].tail);
		fold_rig_answer(&g, 0);
		fold_rig_finish(&g);
		fold_rig_release(&g);
	}
}

TEST("an item that is too large is split into several, after spaces, and counted once")
{
	struct fold_rig g;
	struct buf all;
	open_bounded(&g, 8, empty_prompt() + 12, OVERFLOW_SPLITS);
	buf_init(&all, 1 << 20);
	put_words(&g, 40);
	fold_end(g.f);
	while (fold_rig_take(&g))
		buf_put_span(&all, items_of(g.out[g.out_n - 1]));
	CHECK_INT(g.out_n, 4);
	for (size_t i = 0; i + 1 < g.out_n; i++) {
		struct span items = items_of(g.out[i]);
		CHECK_INT(items.at[items.n - 1], ' ');
	}
	CHECK_INT(all.len, 40 * 5 - 1);
	g.answer_words = 1;
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0), "null 1 2  word");
	buf_release(&all);
	fold_rig_release(&g);
}

TEST("where the prompt leaves nothing every item is too large, whatever the rule")
{
	for (int rule = OVERFLOW_IS_ERROR; rule <= OVERFLOW_SPLITS; rule++) {
		struct fold_rig g;
		open_bounded(&g, 8, 3, (enum overflow_rule)rule);
		fold_rig_put(&g, "1", "word");
		fold_rig_finish(&g);
		CHECK(strstr(fold_rig_group(&g, 0), "leaves 0 to items") != NULL);
		fold_rig_release(&g);
	}
}

TEST("an answer that is more than half of a pack fails its group, unless it is alone")
{
	struct fold_rig g;
	open_bounded(&g, 4, empty_prompt() + 20, OVERFLOW_SPLITS);
	g.answer_words = 10;
	for (int i = 0; i < 4; i++)
		put_words(&g, 1);
	fold_rig_answer_all(&g);
	CHECK_INT(g.packs_n, 1);
	CHECK(fold_take_group(g.f) == NULL);
	put_words(&g, 1);
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0),
		"null 5 ! too_large: an answer of 10 tokens is more than half of what --max-input-tokens leaves to items (20), so that two of them cannot be combined: make answers shorter (--max-tokens 9)");
	fold_rig_release(&g);
	open_bounded(&g, 4, empty_prompt() + 20, OVERFLOW_IS_ERROR);
	g.answer_words = 100;
	put_words(&g, 1);
	fold_rig_finish(&g);
	CHECK(strstr(fold_rig_group(&g, 0), "null 1 1  word word") != NULL);
	fold_rig_release(&g);
}

TEST("answers that are more than half of a pack are cut to that, the last one is not")
{
	struct fold_rig g;
	open_bounded(&g, 100, empty_prompt() + 30, OVERFLOW_CUTS_END);
	g.answer_words = 40;
	for (int i = 0; i < 50; i++)
		put_words(&g, 20);
	fold_rig_finish(&g);
	/* 50 leaves, then 25, 13, 7, 4, 2 and 1 packs; of the odd ones the last goes up */
	CHECK_INT(g.packs_n, 50 + 25 + 12 + 6 + 3 + 2 + 1);
	CHECK(g.largest <= (double)empty_prompt() + 30);
	const char *group = fold_rig_group(&g, 0);
	CHECK(strstr(group, "[...]") == NULL);
	CHECK_INT(strlen(group), strlen("null 50 7 ") + 40 * 5);
	fold_rig_release(&g);
}

TEST("a tree ends, whatever the limit, the answers and the rule")
{
	for (int64_t limit = 4; limit < 40; limit += 3) {
		for (int rule = OVERFLOW_IS_ERROR; rule <= OVERFLOW_SPLITS; rule++) {
			struct fold_rig g;
			open_bounded(&g, 2 + limit % 5, limit, (enum overflow_rule)rule);
			rng_init(&g.rng, (uint64_t)limit);
			for (int i = 0; i < 60; i++) {
				g.answer_words = (size_t)(1 + rng_upto(&g.rng, limit));
				put_words(&g, 1 + rng_upto(&g.rng, 6));
				if (i % 3 == 0 && fold_rig_take(&g))
					fold_rig_answer(&g, 0);
			}
			fold_rig_finish(&g);
			/* at worst each word is a leaf of its own, and a pack takes two */
			CHECK(g.packs_n < 60 * 7 * 2);
			CHECK_INT(g.groups.n, 1);
			CHECK(g.largest <= (double)limit);
			fold_rig_release(&g);
		}
	}
}
