/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include "base/xalloc.h"
#include "embed.h"

#include <stdio.h>

/* A key is shown by so many of its last characters. */
#define KEY_SHOWN_N 4

/* Whoever sends more different keys is not counting them. */
#define KEYS_MAX 10000

void stats_init(struct stats *s)
{
	*s = (struct stats){ .epoch = 1, .keys = json_object() };
	if (!s->keys)
		xalloc_die();
}

void stats_reset(struct stats *s)
{
	uint64_t in_flight = s->in_flight, epoch = s->epoch;
	stats_release(s);
	stats_init(s);
	s->in_flight = s->peak_in_flight = in_flight;
	s->epoch = epoch + 1;
}

static void count_key(struct stats *s, struct span key)
{
	char shown[KEY_SHOWN_N + 1];
	size_t n = key.n < KEY_SHOWN_N ? key.n : KEY_SHOWN_N;
	json_t *count;
	memcpy(shown, key.at + key.n - n, n);
	shown[n] = '\0';
	count = json_object_get(s->keys, shown);
	if (count)
		json_integer_set(count, json_integer_value(count) + 1);
	else if (json_object_size(s->keys) < KEYS_MAX)
		json_object_set_new(s->keys, shown, json_integer(1));
}

void stats_arrived(struct stats *s, const struct dialect *d, size_t body_bytes, struct span key)
{
	s->requests++;
	s->dialects[dialect_index(d)]++;
	s->body_bytes += body_bytes;
	if (key.at)
		count_key(s, key);
}

void stats_read(struct stats *s, const struct ask *ask)
{
	s->images += ask->images_n;
	s->systems += ask->systems_n;
	s->turns += ask->turns_n;
	if (!ask->embed)
		return;
	s->items += ask->embed->items_n;
	if (s->items_most < ask->embed->items_n)
		s->items_most = ask->embed->items_n;
}

void stats_enter(struct stats *s)
{
	s->in_flight++;
	if (s->in_flight > s->peak_in_flight)
		s->peak_in_flight = s->in_flight;
}

void stats_leave(struct stats *s)
{
	s->in_flight--;
}

static json_t *answered_json(const struct stats *s)
{
	json_t *answered = json_object();
	for (int status = 0; status < STATS_STATUS_END; status++) {
		char name[12];
		if (!s->answered[status])
			continue;
		snprintf(name, sizeof name, "%d", status);
		json_object_set_new(answered, name, json_integer((json_int_t)s->answered[status]));
	}
	return answered;
}

static json_t *dialects_json(const struct stats *s)
{
	json_t *dialects = json_object();
	for (size_t i = 0; dialect_at(i); i++)
		if (s->dialects[i])
			json_object_set_new(dialects, dialect_at(i)->name,
				json_integer((json_int_t)s->dialects[i]));
	return dialects;
}

json_t *stats_tree(const struct stats *s)
{
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:O, s:I, s:o, s:I, s:I, "
		"s:I, s:I, s:I, s:I, s:I}",
		"requests", (json_int_t)s->requests, "billed", (json_int_t)s->billed, "input",
		(json_int_t)s->input, "output", (json_int_t)s->output, "streamed",
		(json_int_t)s->streamed, "answered", answered_json(s), "dropped",
		(json_int_t)s->dropped, "abandoned", (json_int_t)s->abandoned, "in_flight",
		(json_int_t)s->in_flight, "peak_in_flight", (json_int_t)s->peak_in_flight,
		"connections", (json_int_t)s->connections, "keys", s->keys, "bodies_bytes",
		(json_int_t)s->body_bytes, "dialects", dialects_json(s), "images",
		(json_int_t)s->images, "systems", (json_int_t)s->systems, "turns",
		(json_int_t)s->turns, "items", (json_int_t)s->items, "items_most",
		(json_int_t)s->items_most, "embedded", (json_int_t)s->embedded, "listed",
		(json_int_t)s->listed);
}

void stats_release(struct stats *s)
{
	json_decref(s->keys);
	*s = (struct stats){ 0 };
}
