/* SPDX-License-Identifier: MIT */
#include "engine/fold.h"

#include "base/xalloc.h"
#include "fold_rig.h"
#include "t.h"

#include <stdio.h>
#include <string.h>

TEST("ten items, three at a time, are combined on three levels, the one left over last")
{
	struct fold_rig g;
	fold_rig_prepare(&g, NULL, 3);
	fold_rig_open(&g);
	for (char c = 'a'; c <= 'j'; c++)
		fold_rig_put(&g, "1", (const char[]){ c, 0 });
	CHECK_INT(fold_packs_n(g.f), 3);
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0), "null 10 3 (((a+b+c)+(d+e+f)+(g+h+i))+(j))");
	CHECK_INT(g.packs_n, 6);
	CHECK_INT(g.usage.input, 60);
	CHECK_INT(g.usage.output, 6);
	CHECK_INT(g.usage.cached, -1);
	CHECK_INT(g.attempts_n, 12);
	CHECK_INT(g.last_line, 1);
	fold_rig_release(&g);
}

TEST("an item alone is combined all the same, and its answer only once")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 8);
	fold_rig_open(&g);
	fold_rig_put(&g, "\"x\"", "a");
	CHECK_INT(fold_packs_n(g.f), 0);
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0), "\"x\" 1 1 (a)");
	CHECK_INT(g.groups.n, 1);
	fold_rig_release(&g);
}

TEST("no records make no groups")
{
	struct fold_rig g;
	fold_rig_prepare(&g, NULL, 2);
	fold_rig_open(&g);
	fold_rig_finish(&g);
	CHECK_INT(g.groups.n, 0);
	CHECK(fold_take_pack(g.f) == NULL);
	fold_rig_release(&g);
	fold_free(NULL);
}

TEST("a pack is a record with the key and the items on lines of their own")
{
	struct fold_rig g;
	struct err err;
	fold_rig_prepare(&g, "k", 2);
	template_release(&g.opts.item);
	CHECK(template_parse(&g.opts.item, SPAN("- {{v}}"), TEMPLATE_FROM_FILE, &err));
	fold_rig_open(&g);
	g.line = 6;
	fold_rig_put(&g, "\"a\\u0062\"", "1\\\"");
	fold_rig_put(&g, "\"ab\"", "2");
	CHECK(fold_rig_take(&g));
	CHECK_MEM(g.out[0]->text.at, g.out[0]->text.n,
		"{\"key\":\"a\\u0062\",\"items\":\"- 1\\\"\\n- 2\"}");
	CHECK_INT(g.out[0]->line, 7);
	CHECK_INT(g.out[0]->seq, 0);
	fold_rig_answer(&g, 0);
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0), "\"a\\u0062\" 2 1 (- 1\\\"+- 2)");
	fold_rig_release(&g);
}

/* Folds n items with answers in the order of the seed, which also come between the items. */
static void fold_at_random(struct fold_rig *g, int n, int64_t fan_in, uint64_t seed)
{
	char value[16];
	fold_rig_prepare(g, NULL, fan_in);
	rng_init(&g->rng, seed);
	fold_rig_open(g);
	for (int i = 0; i < n; i++) {
		snprintf(value, sizeof value, "%d", i);
		fold_rig_put(g, "1", value);
		while (rng_upto(&g->rng, 2) == 0 && (fold_rig_take(g) || g->out_n > 0))
			if (g->out_n > 0)
				fold_rig_answer(
					g, (size_t)rng_upto(&g->rng, (int64_t)g->out_n - 1));
	}
	fold_rig_finish(g);
}

/* True if what is in the answer, parentheses apart, is 0+1+2+... up to n. */
static bool has_all(const char *text, int n)
{
	char number[16];
	int seen = 0;
	text = text ? strchr(text, '(') : "";
	while (*text) {
		size_t skipped = strspn(text, "()+");
		text += skipped;
		size_t digits = strcspn(text, "()+");
		if (digits == 0)
			break;
		snprintf(number, sizeof number, "%d", seen++);
		if (strlen(number) != digits || strncmp(number, text, digits) != 0)
			return false;
		text += digits;
	}
	return seen == n && !*text;
}

TEST("the packs are the same whatever the order of answers, and hold each item once, in order")
{
	for (int n = 1; n < 60; n++) {
		int64_t fan_in = 2 + n % 4;
		struct fold_rig first, other;
		fold_at_random(&first, n, fan_in, 1);
		if (!CHECK(has_all(fold_rig_group(&first, 0), n)))
			CHECK_STR(fold_rig_group(&first, 0), NULL);
		for (uint64_t seed = 2; seed < 12; seed++) {
			fold_at_random(&other, n, fan_in, seed);
			CHECK_STR(fold_rig_group(&other, 0), fold_rig_group(&first, 0));
			CHECK_INT(other.packs_n, first.packs_n);
			CHECK_INT(other.sum, first.sum);
			fold_rig_release(&other);
		}
		fold_rig_release(&first);
	}
}

TEST("levels are combined while items still come")
{
	struct fold_rig g;
	fold_rig_prepare(&g, NULL, 2);
	fold_rig_open(&g);
	for (int i = 0; i < 8; i++) {
		fold_rig_put(&g, "1", "x");
		fold_rig_answer_all(&g);
	}
	/* 8 leaves: 4 packs, of whose answers 2, of whose answers 1 */
	CHECK_INT(g.packs_n, 7);
	CHECK(fold_take_group(g.f) == NULL);
	fold_rig_finish(&g);
	CHECK_INT(g.packs_n, 7);
	CHECK_STR(fold_rig_group(&g, 0), "null 8 3 (((x+x)+(x+x))+((x+x)+(x+x)))");
	fold_rig_release(&g);
}

/* Gives group k of n its first member, and then 1 + k % 10 in all, all groups mixed. */
static void put_mixed(struct fold_rig *g, int n)
{
	char key[16];
	for (int round = 0; round < 10; round++)
		for (int k = 0; k < n; k++) {
			snprintf(key, sizeof key, "%d", k);
			if (round <= k % 10)
				fold_rig_put(g, key, "x");
		}
}

/* Checks that group k of put_mixed is there as number i, with its count. */
static void check_mixed(const struct fold_rig *g, size_t i, int k)
{
	char want[40];
	snprintf(want, sizeof want, "%d %d ", k, 1 + k % 10);
	const char *got = fold_rig_group(g, i);
	if (!CHECK(got && strncmp(got, want, strlen(want)) == 0))
		CHECK_STR(got, want);
}

TEST("groups leave in the order in which they began, with their counts")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 3);
	fold_rig_open(&g);
	put_mixed(&g, 300);
	fold_rig_answer_all(&g);
	CHECK_INT(fold_groups_n(g.f), 300);
	CHECK(fold_take_group(g.f) == NULL);
	fold_rig_finish(&g);
	CHECK_INT(g.groups.n, 300);
	for (int k = 0; k < 300; k++)
		check_mixed(&g, (size_t)k, k);
	CHECK_INT(g.last_line, 300);
	fold_rig_release(&g);
}

TEST("unordered, a group leaves as soon as it is done")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 2);
	g.opts.is_unordered = true;
	fold_rig_open(&g);
	for (int i = 0; i < 3; i++) {
		fold_rig_put(&g, "1", "x");
		fold_rig_put(&g, "2", "y");
	}
	fold_end(g.f);
	while (fold_rig_take(&g))
		;
	/* all of group 2, and none of group 1 */
	CHECK_INT(g.out_n, 4);
	for (size_t i = 0; i < g.out_n;) {
		struct span key = json_member(g.out[i]->value, SPAN("key"));
		if (span_is(key, "2"))
			fold_rig_answer(&g, i);
		else
			i++;
		while (g.out_n < 4 && fold_rig_take(&g))
			i = 0;
	}
	fold_rig_take_groups(&g);
	CHECK_INT(g.groups.n, 1);
	CHECK_STR(fold_rig_group(&g, 0), "2 3 2 ((y+y)+(y))");
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 1), "1 3 2 ((x+x)+(x))");
	fold_rig_release(&g);
}

TEST("sorted, a group ends and leaves where another key comes, and only one takes members")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 4);
	g.opts.is_sorted = true;
	fold_rig_open(&g);
	fold_rig_put(&g, "1", "a");
	fold_rig_put(&g, "1", "b");
	fold_rig_answer_all(&g);
	fold_rig_take_groups(&g);
	CHECK_INT(g.groups.n, 0);
	fold_rig_put(&g, "2", "c");
	fold_rig_answer_all(&g);
	fold_rig_take_groups(&g);
	CHECK_STR(fold_rig_group(&g, 0), "1 2 1 (a+b)");
	CHECK_INT(fold_groups_n(g.f), 1);
	/* a key that comes again is another group */
	fold_rig_put(&g, "1", "d");
	fold_rig_finish(&g);
	CHECK_INT(g.groups.n, 3);
	CHECK_STR(fold_rig_group(&g, 1), "2 1 1 (c)");
	CHECK_STR(fold_rig_group(&g, 2), "1 1 1 (d)");
	fold_rig_release(&g);
}

TEST("a pack that is not answered fails its group, and says what was being combined")
{
	struct fold_rig g;
	fold_rig_prepare(&g, NULL, 2);
	fold_rig_open(&g);
	for (int i = 0; i < 8; i++)
		fold_rig_put(&g, "1", "a");
	while (fold_rig_take(&g))
		;
	while (g.out_n > 0)
		fold_rig_answer(&g, 0);
	CHECK(fold_rig_take(&g) && fold_rig_take(&g));
	fold_rig_refuse(&g, 1, ERROR_RATE_LIMITED, "too fast");
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0),
		"null 8 ! rate_limited: combining lines 5-8 (level 2): too fast");
	CHECK_INT(g.status, 429);
	CHECK_INT(g.attempts_n, 12);
	fold_rig_release(&g);
}

TEST("an answer that is a JSON value is an item as its text on one line")
{
	struct fold_rig g;
	fold_rig_prepare(&g, NULL, 2);
	fold_rig_open(&g);
	g.answer_json = "{\"a\" : [1,\n\"b c\"]}";
	for (int i = 0; i < 4; i++)
		fold_rig_put(&g, "1", "x");
	while (fold_rig_take(&g))
		;
	fold_rig_answer(&g, 1);
	CHECK(!fold_rig_take(&g));
	fold_rig_answer(&g, 0);
	CHECK(fold_rig_take(&g));
	CHECK_MEM(g.out[0]->text.at, g.out[0]->text.n,
		"{\"key\":null,\"items\":\"{\\\"a\\\":[1,\\\"b c\\\"]}\\n{\\\"a\\\":[1,\\\"b c\\\"]}\"}");
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0), "null 4 2 {\"a\" : [1,\n\"b c\"]}");
	fold_rig_release(&g);
}

TEST("an answer that says nothing fails its group")
{
	struct fold_rig g;
	fold_rig_prepare(&g, NULL, 2);
	fold_rig_open(&g);
	g.answer_json = "";
	fold_rig_put(&g, "1", "x");
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0), "null 1 ! bad_response: the answer has no text");
	fold_rig_release(&g);
}

TEST("what another call has paid is not counted again")
{
	struct fold_rig g;
	fold_rig_prepare(&g, NULL, 2);
	fold_rig_open(&g);
	for (int i = 0; i < 4; i++)
		fold_rig_put(&g, "1", "x");
	CHECK(fold_rig_take(&g));
	g.is_shared = true;
	fold_rig_answer(&g, 0);
	g.is_shared = false;
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0), "null 4 2 ((x+x)+(x+x))");
	CHECK_INT(g.usage.input, 20);
	fold_rig_release(&g);
}

TEST("what waits is counted; too much is full, and stuck if nobody is to take it")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 2);
	g.opts.max_bytes = 4000;
	fold_rig_open(&g);
	char value[1000];
	memset(value, 'x', sizeof value - 1);
	value[sizeof value - 1] = 0;
	CHECK_INT(fold_bytes(g.f), 0);
	fold_rig_put(&g, "1", value);
	CHECK(fold_bytes(g.f) > 999 && fold_bytes(g.f) < 2500);
	CHECK(!fold_is_full(g.f) && !fold_is_stuck(g.f));
	uint64_t before = fold_bytes(g.f);
	fold_rig_put(&g, "1", "y");
	CHECK(fold_bytes(g.f) > before);
	/* a pack that was taken does not wait */
	CHECK(fold_rig_take(&g));
	CHECK(fold_bytes(g.f) < before);
	for (int key = 2; !fold_is_full(g.f); key++) {
		char text[16];
		snprintf(text, sizeof text, "%d", key);
		fold_rig_put(&g, text, value);
	}
	CHECK(fold_bytes(g.f) > 4000);
	CHECK(!fold_is_stuck(g.f));
	fold_rig_answer(&g, 0);
	CHECK(fold_is_full(g.f) && fold_is_stuck(g.f));
	fold_end(g.f);
	CHECK(!fold_is_stuck(g.f));
	fold_rig_finish(&g);
	fold_rig_release(&g);
}

TEST("full of a group that may be taken is not stuck")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 2);
	g.opts.is_sorted = true;
	g.opts.max_bytes = 100;
	fold_rig_open(&g);
	fold_rig_put(&g, "1", "a");
	fold_end(g.f);
	fold_rig_answer_all(&g);
	CHECK(fold_is_full(g.f) && !fold_is_stuck(g.f));
	fold_rig_finish(&g);
	CHECK(!fold_is_full(g.f));
	fold_rig_release(&g);
}

TEST("an answer is held once as soon as it cannot be the last")
{
	struct fold_rig g;
	enum { WORDS = 1000, BYTES = WORDS * 5 };
	fold_rig_prepare(&g, NULL, 2);
	fold_rig_open(&g);
	g.answer_words = WORDS;
	fold_rig_put(&g, "1", "a");
	fold_rig_put(&g, "1", "a");
	CHECK(fold_rig_take(&g));
	fold_rig_answer(&g, 0);
	CHECK(fold_bytes(g.f) >= 2 * BYTES);
	fold_rig_put(&g, "1", "a");
	fold_rig_put(&g, "1", "a");
	CHECK(fold_bytes(g.f) >= BYTES && fold_bytes(g.f) < 2 * BYTES);
	fold_rig_finish(&g);
	fold_rig_release(&g);
}

TEST("sorted input of any length takes no more room than its largest group")
{
	struct fold_rig g;
	uint64_t most = 0;
	fold_rig_prepare(&g, "k", 4);
	g.opts.is_sorted = true;
	fold_rig_open(&g);
	for (int i = 0; i < 2000; i++) {
		char key[16];
		snprintf(key, sizeof key, "%d", i / 10);
		fold_rig_put(&g, key, "some words that are an item");
		fold_rig_answer_all(&g);
		fold_rig_take_groups(&g);
		most = fold_bytes(g.f) > most ? fold_bytes(g.f) : most;
	}
	CHECK(most < 4000);
	fold_rig_finish(&g);
	CHECK_INT(g.groups.n, 200);
	fold_rig_release(&g);
}

TEST("a run that is stopped gives all groups that are not done as failed, packs out or not")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 2);
	g.opts.is_sorted = true;
	fold_rig_open(&g);
	fold_rig_put(&g, "1", "a");
	fold_rig_put(&g, "2", "b");
	fold_rig_answer_all(&g);
	fold_rig_put(&g, "2", "b");
	fold_rig_put(&g, "2", "b");
	CHECK(fold_rig_take(&g));
	fold_rig_put(&g, "3", "c");
	fold_abandon(g.f, ERROR_CANCELLED, "the run was stopped");
	fold_rig_take_groups(&g);
	CHECK_STR(fold_rig_group(&g, 0), "1 1 1 (a)");
	CHECK_STR(fold_rig_group(&g, 1), "2 3 ! cancelled: the run was stopped");
	CHECK_STR(fold_rig_group(&g, 2), "3 1 ! cancelled: the run was stopped");
	CHECK_INT(fold_groups_n(g.f), 0);
	CHECK_INT(fold_packs_n(g.f), 0);
	fold_rig_answer(&g, 0);
	CHECK_INT(fold_bytes(g.f), 0);
	CHECK(fold_take_group(g.f) == NULL);
	fold_rig_release(&g);
}

TEST("a fold may be freed with groups and packs that nobody took")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 2);
	fold_rig_open(&g);
	put_mixed(&g, 20);
	CHECK(fold_packs_n(g.f) > 0);
	CHECK(fold_rig_take(&g));
	fold_rig_answer(&g, 0);
	fold_rig_release(&g);
}
