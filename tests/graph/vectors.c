/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include "../sim/check.h"
#include "../sim/world.h"
#include "api/api.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "io/http.h"
#include "json/scan.h"
#include "json/walk.h"
#include "work/tokens.h"

#include <math.h>

#include <stdlib.h>
#include <string.h>

struct vectors_server vectors_server;
enum nature vectors_natures[VECTORS_KEYS_MAX];

static int64_t pick(int64_t least, int64_t most)
{
	return world_pick((struct range){ least, most });
}

/* requests */

/* Gives the key of a text: "k17.xxxx". */
static unsigned read_key(struct span text)
{
	const char *end = text.n > 1 ? memchr(text.at, '.', text.n) : NULL;
	int64_t key;
	if (!end || *text.at != 'k' ||
		!units_parse_int((struct span){ text.at + 1, (size_t)(end - text.at) - 1 }, &key) ||
		key < 0 || key >= VECTORS_KEYS_MAX)
		check_fail("strange text: %.*s", (int)text.n, text.at ? text.at : "");
	return (unsigned)key;
}

/* The text of one item of the list: it is one itself, or is in Google's request. */
static struct span text_of(struct span item)
{
	struct span text = json_text_of(item);
	if (text.at)
		return text;
	struct span parts = json_member(json_member(item, SPAN("content")), SPAN("parts"));
	return json_text_of(json_member(json_item(parts, 0), SPAN("text")));
}

static struct span list_of(struct span body)
{
	static const char *const names[] = { "input", "inputs", "texts", "requests" };
	struct span list = { 0 };
	for (size_t i = 0; !list.at && i < sizeof names / sizeof *names; i++)
		list = json_member(body, span_of(names[i]));
	return list;
}

void vectors_read(struct vectors_pack *p, const struct attempt *attempt)
{
	struct json_fault fault;
	struct json_walk walk;
	struct span body;
	if (!json_scan(buf_span(&attempt->body), &body, &fault))
		check_fail("a request that is no JSON: %s", fault.reason);
	*p = (struct vectors_pack){ .bad = -1 };
	p->keys = xmalloc(VECTORS_KEYS_MAX * sizeof *p->keys);
	json_walk_init(&walk, list_of(body));
	while (p->n < VECTORS_KEYS_MAX && json_walk_next(&walk)) {
		struct span text = text_of(walk.value);
		p->keys[p->n++] = read_key(text);
		p->tokens += ceil(tokens_estimate(text));
	}
	p->keys = xrealloc(p->keys, p->n ? p->n : 1, sizeof *p->keys);
}

void vectors_release(struct vectors_pack *p)
{
	free(p->keys);
	p->keys = NULL;
}

/* judgement */

/* Gives the place of the first text of that nature; -1 = none is. */
static int find(const struct vectors_pack *p, enum nature nature)
{
	for (unsigned i = 0; i < p->n; i++)
		if (vectors_natures[p->keys[i]] == nature)
			return (int)i;
	return -1;
}

static enum reply_kind kind_beyond(void)
{
	if (vectors_server.ceiling == CEILING_SILENCE)
		return REPLY_SILENCE;
	return vectors_server.ceiling == CEILING_CRASH ? REPLY_ERROR : REPLY_BAD_REQUEST;
}

void vectors_judge(struct vectors_pack *p, struct reply *reply)
{
	/* What is wrong with a request is seen before anything is worked out. */
	static const struct {
		enum nature nature;
		enum reply_kind kind;
	} rows[] = { { TEXT_IS_REFUSED, REPLY_BAD_REQUEST }, { TEXT_IS_LONG, REPLY_TOO_LONG },
		{ TEXT_CRASHES, REPLY_ERROR }, { TEXT_HANGS, REPLY_SILENCE } };
	if (reply->kind != REPLY_ANSWER)
		return;
	for (unsigned i = 0; i < p->n; i++)
		reply->ms += world_pick(vectors_server.text_ms);
	p->is_too_many = vectors_server.ceiling && p->n > vectors_server.most_n;
	if (p->is_too_many)
		reply->kind = kind_beyond();
	for (size_t i = 0; !p->is_too_many && i < sizeof rows / sizeof *rows; i++)
		if ((p->bad = find(p, rows[i].nature)) >= 0) {
			reply->kind = rows[i].kind;
			break;
		}
	if (reply->kind == REPLY_SILENCE)
		reply->ms = SCENARIO_FOREVER;
}

/* refusals */

static void put_named(const struct vectors_pack *p, struct buf *out)
{
	int64_t place = p->bad;
	if (vectors_server.naming == NAMES_ANOTHER)
		place = (place + pick(1, p->n > 1 ? p->n - 1 : 1)) % p->n;
	else if (vectors_server.naming == NAMES_OUTSIDE)
		place = p->n + pick(0, 5);
	buf_put_str(out, ",\"param\":\"input[");
	buf_put_int(out, place);
	buf_put_str(out, "]\"");
}

static void put_refusal(const struct vectors_pack *p, bool is_long, struct buf *out)
{
	buf_clear(out);
	buf_put_str(out, "{\"error\":{\"message\":\"text k");
	buf_put_int(out, p->keys[p->bad]);
	buf_put_str(out,
		is_long ? " is too long\",\"code\":\"context_length_exceeded\""
			: " is not what we embed\",\"code\":\"invalid_value\"");
	if (vectors_server.naming != NAMES_NONE)
		put_named(p, out);
	buf_put_str(out, "}}");
}

static void refuse_number(struct attempt *attempt)
{
	struct buf *out = &attempt->answer;
	buf_clear(out);
	if (vectors_server.ceiling == CEILING_STATUS) {
		attempt->status = 413;
		buf_put_str(out, "<html>Request Entity Too Large</html>");
	} else if (vectors_server.ceiling == CEILING_BYTES) {
		attempt->status = 200;
		attempt->wire = WIRE_TOO_LARGE;
	} else {
		buf_put_str(out,
			"{\"error\":{\"message\":\"array too long. Expected an array with maximum length ");
		buf_put_int(out, vectors_server.most_n);
		buf_put_str(out, "\",\"param\":\"input\",\"code\":\"array_above_max_length\"}}");
	}
}

/* answers */

void vectors_put(struct buf *out, unsigned key, uint64_t number)
{
	unsigned n = vectors_server.columns_n + (vectors_natures[key] == TEXT_IS_ODD);
	buf_put_char(out, '[');
	buf_put_int(out, key);
	buf_put_char(out, ',');
	buf_put_int(out, (long long)number);
	for (unsigned i = 2; i < n; i++)
		buf_put_str(out, ",-0.25e-1");
	buf_put_char(out, ']');
}

/* An answer: the texts in the order in which their vectors stand. */
struct reading {
	const struct vectors_pack *pack;
	uint64_t number;
	unsigned *places; /* owned */
	unsigned n;
	int null;  /* the place of a vector that is null; -1 = none */
	int stray; /* and of one with a wrong index */
};

static bool has_index(void)
{
	return vectors_server.shape == SHAPE_INDEXED || vectors_server.shape == SHAPE_SHUFFLED;
}

static void shuffle(struct reading *r)
{
	for (unsigned i = r->n; i > 1; i--) {
		unsigned other = (unsigned)pick(0, i - 1), place = r->places[i - 1];
		r->places[i - 1] = r->places[other];
		r->places[other] = place;
	}
}

static void begin_reading(struct reading *r, const struct vectors_pack *p, uint64_t number)
{
	*r = (struct reading){ .pack = p, .number = number, .n = p->n, .null = -1, .stray = -1 };
	r->places = xmalloc(p->n * sizeof *r->places);
	for (unsigned i = 0; i < p->n; i++)
		r->places[i] = i;
	if (vectors_server.shape == SHAPE_SHUFFLED)
		shuffle(r);
	if (world_chance(vectors_server.short_percent)) {
		/* Not always the last: then only an index tells which. */
		unsigned gone = (unsigned)pick(0, --r->n);
		r->places[gone] = r->places[r->n];
	}
	if (world_chance(vectors_server.null_percent))
		r->null = (int)pick(0, p->n - 1);
	/* Beside a vector that is missing this could not be told from the truth. */
	if (has_index() && r->n == p->n && world_chance(vectors_server.stray_percent))
		r->stray = (int)pick(0, p->n - 1);
}

static void put_item(const struct reading *r, unsigned place, struct buf *out)
{
	unsigned key = r->pack->keys[place];
	bool is_bare = vectors_server.shape == SHAPE_BARE;
	bool is_null = (int)place == r->null || vectors_natures[key] == TEXT_LACKS;
	if (has_index()) {
		buf_put_str(out, "{\"object\":\"embedding\",\"index\":");
		buf_put_int(out, (int)place == r->stray ? pick(0, r->pack->n) : place);
		buf_put_str(out, ",\"embedding\":");
	} else if (!is_bare) {
		buf_put_str(out, "{\"values\":");
	}
	if (is_null)
		buf_put_str(out, "null");
	else
		vectors_put(out, key, r->number);
	buf_put_str(out, is_bare ? "" : "}");
}

static void put_answer(const struct vectors_pack *p, uint64_t number, struct buf *out)
{
	static const char *const before[] = { "{\"embeddings\":[",
		"{\"object\":\"list\",\"data\":[", "{\"data\":[", "[",
		"{\"id\":\"x\",\"embeddings\":[" };
	struct reading r;
	begin_reading(&r, p, number);
	buf_clear(out);
	buf_put_str(out, before[vectors_server.shape]);
	for (unsigned i = 0; i < r.n; i++) {
		buf_put_str(out, i ? "," : "");
		put_item(&r, r.places[i], out);
	}
	buf_put_str(out,
		vectors_server.shape == SHAPE_BARE
			? "]"
			: "],\"model\":\"m\",\"usage\":{\"prompt_tokens\":");
	if (vectors_server.shape != SHAPE_BARE) {
		buf_put_int(out, p->n);
		buf_put_str(out, "}}");
	}
	free(r.places);
}

void vectors_fill(
	struct vectors_pack *p, uint64_t number, const struct reply *reply, struct attempt *attempt)
{
	if (reply->kind == REPLY_ANSWER) {
		put_answer(p, number, &attempt->answer);
		p->answer_bytes = attempt->answer.cap;
	} else if (p->is_too_many && reply->kind == REPLY_BAD_REQUEST) {
		refuse_number(attempt);
	} else if (p->bad >= 0 &&
		(reply->kind == REPLY_BAD_REQUEST || reply->kind == REPLY_TOO_LONG)) {
		put_refusal(p, reply->kind == REPLY_TOO_LONG, &attempt->answer);
	}
}
