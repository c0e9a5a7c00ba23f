/* SPDX-License-Identifier: MIT */
#include "app/show_flow.h"

#include "base/buf.h"

#include <string.h>

enum { TEXT_MAX_BYTES = 4 << 20, COLUMNS_N = 5 };

static void put_count(struct buf *out, const char *before, unsigned n)
{
	buf_put_str(out, before);
	buf_put_int(out, n);
}

/* True if all that a step needs is marked. */
static bool is_ready(const struct step *s, const bool *is_done)
{
	for (unsigned i = 0; i < s->needs_n; i++)
		if (!is_done[s->needs[i]])
			return false;
	return true;
}

/*
 * Fills order with the steps' indices, each after those it needs, otherwise as they were given. A
 * linked plan has no cycle, so each turn finds one.
 */
static void sort_steps(const struct plan *plan, unsigned *order)
{
	bool is_done[PLAN_STEPS_MAX] = { false };
	for (unsigned n = 0; n < plan->steps_n; n++) {
		unsigned i = 0;
		while (is_done[i] || !is_ready(&plan->steps[i], is_done))
			i++;
		is_done[i] = true;
		order[n] = i;
	}
}

/* True if the hole is filled by a step and not by the record. */
static bool is_of_step(const struct plan *plan, const struct step *s, const struct path *hole)
{
	if (hole->parts_n == 0 || !hole->parts[0].name)
		return false;
	struct span name = { hole->parts[0].name, hole->parts[0].name_n };
	for (unsigned i = 0; i < s->needs_n; i++)
		if (span_is(name, plan->steps[s->needs[i]].name))
			return true;
	return false;
}

/* True if the step reads something of the record itself. */
static bool needs_record(const struct plan *plan, const struct step *s)
{
	const struct template *templates[] = { &s->prompt, &s->system, &s->image };
	if (!s->has_prompt)
		return true;
	for (size_t k = 0; k < sizeof templates / sizeof *templates; k++)
		for (size_t i = 0; i < template_holes_n(templates[k]); i++)
			if (!is_of_step(plan, s, template_hole(templates[k], i)))
				return true;
	return false;
}

/* A name, without what would leave its line or command a terminal. */
static void put_name(struct buf *out, const char *name)
{
	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;
		buf_put_char(out, c < 0x20 || c == 0x7f ? '?' : *name);
	}
}

static void put_needs(struct buf *out, const struct plan *plan, const struct step *s)
{
	bool is_first = !needs_record(plan, s);
	if (!is_first)
		buf_put_str(out, "record");
	for (unsigned i = 0; i < s->needs_n; i++) {
		buf_put_str(out, is_first ? "" : ", ");
		put_name(out, plan->steps[s->needs[i]].name);
		is_first = false;
	}
	if (is_first)
		buf_put_char(out, '-');
}

/* "a, b x 5": each of the models five times. */
static void put_models(struct buf *out, const struct plan *plan, const struct step *s)
{
	for (unsigned i = 0; i < s->models_n; i++) {
		const char *name = plan->models[s->models[i]].name;
		buf_put_str(out, i ? ", " : "");
		put_name(out, name ? name : "(as the endpoint or the record says)");
	}
	if (s->samples_n > 1)
		put_count(out, " x ", s->samples_n);
}

static void put_join(struct buf *out, const struct step *s)
{
	static const char *const words[] = {
		[JOIN_ALL] = "all", [JOIN_VOTE] = "vote", [JOIN_FIRST] = "first"
	};
	if (step_calls_n(s) == 1) {
		buf_put_char(out, '-');
		return;
	}
	buf_put_str(out, words[s->join]);
	put_count(out, " ", step_quorum(s));
	put_count(out, "/", step_calls_n(s));
}

/* A table's cells, which are columns_n to a row. */
struct table {
	struct buf text;
	size_t ends[COLUMNS_N * (PLAN_STEPS_MAX + 1)]; /* in text, of each cell */
	size_t cells_n;
};

static void end_cell(struct table *t)
{
	t->ends[t->cells_n++] = t->text.len;
}

static struct span cell_at(const struct table *t, size_t i)
{
	size_t start = i ? t->ends[i - 1] : 0;
	return (struct span){ .at = t->text.data + start, .n = t->ends[i] - start };
}

/* In letters: the bytes that do not go on with one. */
static size_t width_of(struct span text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.at[i] & 0xc0) != 0x80;
	return n;
}

static void fill_table(struct table *t, const struct plan *plan)
{
	static const char *const heads[COLUMNS_N] = { "STEP", "NEEDS", "ASKS", "JOIN", "OUTPUT" };
	unsigned order[PLAN_STEPS_MAX];
	sort_steps(plan, order);
	for (size_t i = 0; i < COLUMNS_N; i++) {
		buf_put_str(&t->text, heads[i]);
		end_cell(t);
	}
	for (unsigned i = 0; i < plan->steps_n; i++) {
		const struct step *s = &plan->steps[order[i]];
		put_name(&t->text, s->name);
		end_cell(t);
		put_needs(&t->text, plan, s);
		end_cell(t);
		put_models(&t->text, plan, s);
		end_cell(t);
		put_join(&t->text, s);
		end_cell(t);
		buf_put_str(&t->text, s->is_emitted ? "yes" : "no");
		end_cell(t);
	}
}

static void put_text(struct buf *out, const struct plan *plan)
{
	struct table t = { .cells_n = 0 };
	size_t widths[COLUMNS_N] = { 0 };
	buf_init(&t.text, TEXT_MAX_BYTES);
	fill_table(&t, plan);
	for (size_t i = 0; i < t.cells_n; i++) {
		size_t width = width_of(cell_at(&t, i));
		if (width > widths[i % COLUMNS_N])
			widths[i % COLUMNS_N] = width;
	}
	for (size_t i = 0; i < t.cells_n; i++) {
		struct span cell = cell_at(&t, i);
		bool is_last = i % COLUMNS_N == COLUMNS_N - 1;
		buf_put_span(out, cell);
		for (size_t n = width_of(cell); !is_last && n < widths[i % COLUMNS_N] + 2; n++)
			buf_put_char(out, ' ');
		if (is_last)
			buf_put_char(out, '\n');
	}
	buf_release(&t.text);
}

/* Inside of dot's double quotes, where a backslash begins the labels' own escapes. */
static void put_quoted(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			buf_put_char(out, '\\');
		buf_put_char(out, text.at[i]);
	}
}

static void put_node(struct buf *out, const struct plan *plan, unsigned i)
{
	const struct step *s = &plan->steps[i];
	struct buf lines[3];
	put_count(out, "\tstep", i);
	buf_put_str(out, " [label=\"");
	for (size_t k = 0; k < 3; k++)
		buf_init(&lines[k], TEXT_MAX_BYTES);
	put_name(&lines[0], s->name);
	put_models(&lines[1], plan, s);
	put_join(&lines[2], s);
	for (size_t k = 0; k < (step_calls_n(s) > 1 ? 3 : 2); k++) {
		buf_put_str(out, k ? "\\n" : "");
		put_quoted(out, buf_span(&lines[k]));
	}
	for (size_t k = 0; k < 3; k++)
		buf_release(&lines[k]);
	buf_put_str(out, "\"];\n");
}

/* The numbers of the steps are the nodes' names: a step may be called "records". */
static void put_dot(struct buf *out, const struct plan *plan)
{
	buf_put_str(out,
		"digraph flow {\n\trankdir=LR;\n\tnode [shape=box];\n"
		"\trecords [shape=plaintext];\n\toutput [shape=plaintext];\n");
	for (unsigned i = 0; i < plan->steps_n; i++)
		put_node(out, plan, i);
	for (unsigned i = 0; i < plan->steps_n; i++) {
		const struct step *s = &plan->steps[i];
		if (needs_record(plan, s) || s->needs_n == 0) {
			put_count(out, "\trecords -> step", i);
			buf_put_str(out, ";\n");
		}
		for (unsigned k = 0; k < s->needs_n; k++) {
			put_count(out, "\tstep", s->needs[k]);
			put_count(out, " -> step", i);
			buf_put_str(out, ";\n");
		}
		if (s->is_emitted) {
			put_count(out, "\tstep", i);
			buf_put_str(out, " -> output;\n");
		}
	}
	buf_put_str(out, "}\n");
}

bool show_flow(const struct plan *plan, enum show_flow how, struct outfile *out, struct err *err)
{
	struct buf text;
	buf_init(&text, TEXT_MAX_BYTES);
	if (how == FLOW_IS_DOT)
		put_dot(&text, plan);
	else
		put_text(&text, plan);
	bool ok = outfile_write(out, buf_span(&text));
	buf_release(&text);
	return ok || err_set_errno(err, ERR_OUTPUT, "--show-flow: cannot write");
}
