/* SPDX-License-Identifier: MIT */
/* The keywords that apply other schemas: to the parts of a value, or to the value again. */
#include "json/schema_check.h"

#include <inttypes.h>

/* The place of the current member or item of a walk. */
static struct schema_place place_of(const struct json_walk *w, size_t index)
{
	return (struct schema_place){ .key = w->key, .index = index };
}

SCHEMA_CHECK(properties)
{
	struct json_walk w;
	if (!schema_spend(c, value.n))
		return false;
	json_walk_init(&w, value);
	while (json_walk_next(&w)) {
		const struct schema_sub *sub = schema_sub_find(clause, schema_decode(c, w.key));
		if (sub && !schema_check_below(c, sub->node, w.value, place_of(&w, 0)))
			return false;
	}
	return true;
}

/* True if the pattern of the sub matches the name. */
static bool matches_name(struct schema_check *c, const struct schema_sub *sub, struct span key)
{
	enum schema_found found =
		schema_regex_find(sub->regex, schema_decode(c, key), &c->match, &c->steps);
	if (found == SCHEMA_FOUND_UNKNOWN)
		schema_give_up(c, "matching a name in this with a pattern takes too long");
	return found == SCHEMA_FOUND_YES;
}

/* Checks one member by each pattern that matches its name. */
static bool check_by_patterns(
	struct schema_check *c, const struct schema_clause *clause, const struct json_walk *w)
{
	for (size_t i = 0; i < clause->subs_n; i++)
		if (matches_name(c, &clause->subs[i], w->key) &&
			!schema_check_below(c, clause->subs[i].node, w->value, place_of(w, 0)))
			return false;
	return !c->gave_up;
}

SCHEMA_CHECK(pattern_properties)
{
	struct json_walk w;
	if (!schema_spend(c, value.n))
		return false;
	json_walk_init(&w, value);
	while (json_walk_next(&w))
		if (!schema_spend(c, 0) || !check_by_patterns(c, clause, &w))
			return false;
	return true;
}

/* True if properties or patternProperties of the same node speak of the name. */
static bool is_known(struct schema_check *c, const struct schema_node *node, struct span key)
{
	const struct schema_clause *names = schema_clause_of(node, SCHEMA_WORD_PROPERTIES);
	const struct schema_clause *patterns =
		schema_clause_of(node, SCHEMA_WORD_PATTERN_PROPERTIES);
	if (names && schema_sub_find(names, schema_decode(c, key)))
		return true;
	for (size_t i = 0; patterns && i < patterns->subs_n; i++)
		if (matches_name(c, &patterns->subs[i], key))
			return true;
	return false;
}

SCHEMA_CHECK(additional)
{
	const struct schema_node *node = clause->subs[0].node;
	struct json_walk w;
	if (!schema_spend(c, value.n))
		return false;
	json_walk_init(&w, value);
	while (json_walk_next(&w)) {
		if (is_known(c, clause->node, w.key))
			continue;
		if (*node->text.at == 'f')
			return schema_fail(
				c, "property %s is not allowed", schema_found(c, w.key).text);
		if (!schema_check_below(c, node, w.value, place_of(&w, 0)))
			return false;
	}
	return true;
}

SCHEMA_CHECK(property_names)
{
	struct json_walk w;
	if (!schema_spend(c, value.n))
		return false;
	json_walk_init(&w, value);
	while (json_walk_next(&w)) {
		struct schema_place place = place_of(&w, 0);
		place.is_name = true;
		if (!schema_check_below(c, clause->subs[0].node, w.key, place))
			return false;
	}
	return true;
}

SCHEMA_CHECK(prefix_items)
{
	struct json_walk w;
	if (!schema_spend(c, value.n))
		return false;
	json_walk_init(&w, value);
	for (size_t i = 0; i < clause->subs_n && json_walk_next(&w); i++)
		if (!schema_check_below(c, clause->subs[i].node, w.value, place_of(&w, i)))
			return false;
	return true;
}

SCHEMA_CHECK(items)
{
	const struct schema_clause *prefix =
		schema_clause_of(clause->node, SCHEMA_WORD_PREFIX_ITEMS);
	struct json_walk w;
	if (!schema_spend(c, value.n))
		return false;
	json_walk_init(&w, value);
	for (size_t i = 0; json_walk_next(&w); i++) {
		if (prefix && i < prefix->subs_n)
			continue;
		if (!schema_check_below(c, clause->subs[0].node, w.value, place_of(&w, i)))
			return false;
	}
	return true;
}

/* Gives how many items meet the schema. */
static uint64_t count_matches(
	struct schema_check *c, const struct schema_node *node, struct span array)
{
	struct json_walk w;
	uint64_t n = 0;
	schema_spend(c, array.n);
	json_walk_init(&w, array);
	while (!c->gave_up && json_walk_next(&w))
		n += schema_check_quietly(c, node, w.value);
	return n;
}

SCHEMA_CHECK(contains)
{
	const struct schema_clause *min = schema_clause_of(clause->node, SCHEMA_WORD_MIN_CONTAINS);
	const struct schema_clause *max = schema_clause_of(clause->node, SCHEMA_WORD_MAX_CONTAINS);
	uint64_t n = count_matches(c, clause->subs[0].node, value);
	uint64_t least = min ? min->count : 1, most = max ? max->count : UINT64_MAX;
	if (n < least)
		return schema_fail(c, "expected at least %" PRIu64 " items like %s, found %" PRIu64,
			least, schema_wanted(c, clause->value).text, n);
	return n <= most ||
		schema_fail(c, "expected at most %" PRIu64 " items like %s, found %" PRIu64, most,
			schema_wanted(c, clause->value).text, n);
}

SCHEMA_CHECK(all_of)
{
	for (size_t i = 0; i < clause->subs_n; i++)
		if (!schema_check_node(c, clause->subs[i].node, value))
			return false;
	return true;
}

/* True if the value looks like what the alternative, tried at this depth, is about. */
static bool is_meant(struct schema_score score, size_t depth)
{
	return score.depth > depth || score.reason == SCHEMA_REASON_OTHER;
}

/* Gives less than, equal to or more than 0, as a is a worse, equal or better score than b. */
static int compare_scores(struct schema_score a, struct schema_score b, size_t depth)
{
	if (is_meant(a, depth) != is_meant(b, depth))
		return is_meant(a, depth) ? 1 : -1;
	if (a.reason != b.reason)
		return a.reason > b.reason ? 1 : -1;
	return (a.depth > b.depth) - (a.depth < b.depth);
}

/* What trying alternatives has shown. */
struct trial {
	size_t matches_n;
	struct schema_score best;
	const struct schema_node *meant; /* the one alternative with the best score, or NULL */
};

/* Tries the alternatives until `enough` of them match. */
static struct trial try_each(struct schema_check *c, const struct schema_clause *clause,
	struct span value, size_t enough)
{
	struct trial trial = { 0 };
	for (size_t i = 0; i < clause->subs_n && trial.matches_n < enough && !c->gave_up; i++) {
		c->score = (struct schema_score){ 0 };
		if (schema_check_quietly(c, clause->subs[i].node, value)) {
			trial.matches_n++;
			continue;
		}
		int order = i == 0 ? 1 : compare_scores(c->score, trial.best, c->depth);
		if (order > 0)
			trial.best = c->score;
		if (order >= 0)
			trial.meant = order ? clause->subs[i].node : NULL;
	}
	return trial;
}

/* Makes the fault of a value that meets none of the alternatives. */
static bool fail_trial(struct schema_check *c, const struct schema_clause *clause,
	struct span value, const struct trial *trial)
{
	if (trial->meant && is_meant(trial->best, c->depth) && !c->quiet)
		return schema_check_node(c, trial->meant, value);
	schema_fail(c, "expected what meets one of %s, found %s",
		schema_wanted(c, clause->value).text, schema_found(c, value).text);
	c->score = trial->best;
	return false;
}

SCHEMA_CHECK(any_of)
{
	struct trial trial = try_each(c, clause, value, 1);
	return trial.matches_n > 0 || fail_trial(c, clause, value, &trial);
}

SCHEMA_CHECK(one_of)
{
	struct trial trial = try_each(c, clause, value, 2);
	if (trial.matches_n == 0)
		return fail_trial(c, clause, value, &trial);
	return trial.matches_n == 1 ||
		schema_fail(c, "expected what meets only one of %s, found %s, which meets more",
			schema_wanted(c, clause->value).text, schema_found(c, value).text);
}

SCHEMA_CHECK(not )
{
	return !schema_check_quietly(c, clause->subs[0].node, value) ||
		schema_fail(c, "expected anything but what meets %s, found %s",
			schema_wanted(c, clause->value).text, schema_found(c, value).text);
}

SCHEMA_CHECK(if)
{
	bool holds = schema_check_quietly(c, clause->subs[0].node, value);
	const struct schema_clause *next =
		schema_clause_of(clause->node, holds ? SCHEMA_WORD_THEN : SCHEMA_WORD_ELSE);
	return !next || schema_check_node(c, next->subs[0].node, value);
}

SCHEMA_CHECK(dependent_schemas)
{
	for (size_t i = 0; i < clause->subs_n; i++) {
		if (!schema_spend(c, value.n))
			return false;
		if (json_member(value, clause->subs[i].name).at &&
			!schema_check_node(c, clause->subs[i].node, value))
			return false;
	}
	return true;
}
