/* SPDX-License-Identifier: MIT */
/*
 * A model that is not in the list may be answered for all the same: some lists leave out short
 * names ("claude-sonnet-4-0") that stand for long ones, others what a gateway makes up. So a name
 * that a listed one goes on from is none to mend, and neither is one that has answered.
 */
#include "api/models.h"
#include "app/doctor_part.h"
#include "base/near.h"

#include <string.h>

enum { NEAR_MAX = 3, NEAR_TEXT_MAX = 500 };

/* True if the listed name is what the short one stands for: it goes on with a date or a variant. */
static bool goes_on(const char *listed, const char *model)
{
	static const char *const ends[] = { "-latest", "-0" };
	size_t n = strlen(model);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t end_n = strlen(ends[i]);
		if (n > end_n && strcmp(model + n - end_n, ends[i]) == 0) {
			n -= end_n;
			break;
		}
	}
	return strncmp(listed, model, n) == 0 && listed[n] && strchr("-:@", listed[n]);
}

/* Gives a listed name that the model's may be short for, or NULL. */
static const char *find_longer(const struct strings *names, const char *model)
{
	for (size_t i = 0; i < names->n; i++)
		if (goes_on(names->items[i], model))
			return names->items[i];
	return NULL;
}

/* Puts a name among the nearest, which are sorted. */
static void offer(const char *nearest[NEAR_MAX], size_t distances[NEAR_MAX], const char *name,
	size_t distance)
{
	for (size_t i = 0; i < NEAR_MAX; i++) {
		if (nearest[i] && distances[i] <= distance)
			continue;
		const char *pushed = nearest[i];
		size_t pushed_distance = distances[i];
		nearest[i] = name;
		distances[i] = distance;
		if (!pushed)
			return;
		name = pushed;
		distance = pushed_distance;
	}
}

/* Appends the names that are most like the model's; none if none is near. */
static void put_nearest(struct buf *out, const struct strings *names, const char *model)
{
	const char *nearest[NEAR_MAX] = { NULL };
	size_t distances[NEAR_MAX] = { 0 };
	for (size_t i = 0; i < names->n; i++) {
		size_t distance = near_distance(span_of(model), span_of(names->items[i]));
		if (distance <= near_limit(strlen(model)))
			offer(nearest, distances, names->items[i], distance);
	}
	for (size_t i = 0; i < NEAR_MAX && nearest[i]; i++) {
		buf_put_str(out, i > 0 ? ", " : "");
		buf_put_str(out, nearest[i]);
	}
}

static void say_missing(
	struct doctor *d, const char *model, const struct model_list *list, bool has_answered)
{
	const char *longer = find_longer(&list->names, model);
	bool is_harmless = has_answered || longer || !list->is_all || list->odd_n > 0;
	struct buf near;
	if (longer) {
		doctor_say(d, FINDING_NOTE, "model", "%s is not in the list, and %s is", model,
			longer);
		return;
	}
	buf_init(&near, NEAR_TEXT_MAX);
	put_nearest(&near, &list->names, model);
	doctor_say(d, is_harmless ? FINDING_NOTE : FINDING_FAIL, "model", "%s is not in the %s%s",
		model, list->is_all ? "server's list" : "first page of the server's list",
		has_answered ? ", and answers all the same" : "");
	if (near.len > 0)
		doctor_help(d, "the nearest: %.*s", (int)near.len, near.data);
	else if (!is_harmless)
		doctor_help(d, "-v shows the list; --live asks the model all the same");
	buf_release(&near);
}

void doctor_models(struct doctor *d, const struct endpoint *e, const struct model_list *list,
	bool has_answered)
{
	if (!e->model || !list->is_known)
		return;
	if (models_have(e->api, &list->names, e->model))
		doctor_say(d, FINDING_OK, "model", "%s is there", e->model);
	else
		say_missing(d, e->model, list, has_answered);
}
