/* SPDX-License-Identifier: MIT */
#include "work/ask.h"

#include "json/scan.h"
#include "work/cut.h"
#include "work/tokens.h"

#include <stdarg.h>
#include <stdio.h>

bool fault_set(struct fault *fault, enum error_code code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(fault->msg, sizeof fault->msg, format, args);
	va_end(args);
	fault->code = code;
	return false;
}

/*
 * A body that streams or wants several choices would have answers that nobody reads: paid for and
 * lost.
 */
static bool check_body(struct span body, struct fault *fault)
{
	struct span stream = json_member(body, SPAN("stream"));
	struct span n = json_member(body, SPAN("n"));
	if (stream.at && !span_is(stream, "false") && !span_is(stream, "null"))
		return fault_set(fault, ERROR_BAD_RECORD,
			"body.stream must be false or absent: pllm decides how the answer travels");
	if (n.at && !span_is(n, "1") && !span_is(n, "null"))
		return fault_set(fault, ERROR_BAD_RECORD,
			"body.n must be 1 or absent: a record has one answer");
	return true;
}

/* Finds what a record without a template asks. */
static bool find_own(struct ask *a, struct fault *fault)
{
	a->own = json_member(a->record, SPAN("body"));
	a->form = ASK_BODY;
	if (json_is(a->own, JSON_KIND_OBJECT)) {
		if (a->step->has_system)
			return fault_set(fault, ERROR_BAD_RECORD,
				"a record with a \"body\" brings its own messages: -s does not apply");
		return check_body(a->own, fault);
	}
	a->own = json_member(a->record, SPAN("messages"));
	a->form = ASK_MESSAGES;
	if (json_is(a->own, JSON_KIND_ARRAY))
		return true;
	a->own = json_member(a->record, SPAN("prompt"));
	a->form = ASK_PROMPT;
	if (!a->own.at)
		a->own = a->record;
	if (json_is(a->own, JSON_KIND_STRING))
		a->own = json_inside(a->own);
	else
		a->form = ASK_FIELDS;
	return true;
}

bool ask_has_words(const struct ask *a, struct fault *fault)
{
	return a->form != ASK_FIELDS ||
		fault_set(fault, ERROR_BAD_RECORD,
			"nothing to ask" LOG_HELP
			"give -p TEMPLATE, or records with \"prompt\", \"messages\" or \"body\"");
}

bool ask_init(struct ask *a, const struct step *step, const struct endpoint *endpoint,
	struct span record, struct fault *fault)
{
	*a = (struct ask){
		.step = step,
		.endpoint = endpoint,
		.record = record,
		.max_tokens = step->max_tokens,
		.sample = -1,
	};
	if (!step->has_prompt && !find_own(a, fault))
		return false;
	if (endpoint->model) {
		a->model = span_of(endpoint->model_json);
		return true;
	}
	if (a->form == ASK_BODY && a->own.at)
		a->model = json_member(a->own, SPAN("model"));
	if (!json_is(a->model, JSON_KIND_STRING))
		a->model = (struct span){ 0 };
	return true;
}

bool ask_init_text(struct ask *a, const struct step *step, const struct endpoint *endpoint,
	struct span record, struct fault *fault)
{
	*a = (struct ask){
		.step = step,
		.endpoint = endpoint,
		.record = record,
		.form = ASK_PROMPT,
		.sample = -1,
		.has_no_mark = true,
	};
	if (step->has_prompt)
		return true;
	bool is_text = json_is(record, JSON_KIND_STRING);
	struct span text = is_text ? record : json_member(record, SPAN("text"));
	a->own = json_text_of(text);
	if (a->own.at)
		return true;
	return text.at ? fault_set(fault, ERROR_BAD_RECORD,
				 "\"text\" is no string" LOG_HELP
				 "-p '{{text}}' embeds what stands there as text")
		       : fault_set(fault, ERROR_BAD_RECORD,
				 "no field \"text\" to embed" LOG_HELP
				 "give -p TEMPLATE, which says what is");
}

bool ask_has_model(const struct ask *a, struct fault *fault)
{
	return a->model.at ||
		fault_set(fault, ERROR_BAD_RECORD,
			"no model: give -m MODEL, or records with \"body\".\"model\"");
}

static bool put_template(
	const struct template *t, const struct ask *a, struct buf *out, struct fault *fault)
{
	const struct template_scope scope = { .record = a->record, .values = a->values };
	struct template_fault why;
	if (!template_render(t, &scope, out, &why))
		return fault_set(fault, ERROR_TEMPLATE, "%s", why.msg);
	return true;
}

bool ask_put_prompt(const struct ask *a, struct buf *out, struct fault *fault)
{
	if (a->step->has_prompt && !a->prompt.at)
		return put_template(&a->step->prompt, a, out, fault);
	if (!buf_put_span(out, a->prompt.at ? a->prompt : a->own))
		return fault_set(fault, ERROR_TEMPLATE,
			"the request would be larger than %zu bytes", out->max);
	return true;
}

bool ask_put_system(const struct ask *a, struct buf *out, struct fault *fault)
{
	return put_template(&a->step->system, a, out, fault);
}

/* == How long it may be == */

/* What stands where something was cut out, escaped as the prompt is. */
#define MARK_END "\\n[...]"
#define MARK_MIDDLE "\\n[...]\\n"

static long long rounded_up(double tokens)
{
	long long whole = (long long)tokens;
	return whole + ((double)whole < tokens);
}

/* Estimates the system message, 0 if there is none. */
static bool measure_system(const struct ask *a, size_t max, double *tokens, struct fault *fault)
{
	struct buf system;
	*tokens = 0;
	if (!a->step->has_system)
		return true;
	buf_init(&system, max);
	bool ok = ask_put_system(a, &system, fault);
	if (ok)
		*tokens = tokens_estimate(buf_span(&system));
	buf_release(&system);
	return ok;
}

/* Says how long it is, that is how much of it there is besides `system`. */
static bool refuse_length(const struct ask *a, double tokens, double system, struct fault *fault)
{
	const struct step *s = a->step;
	long long limit = (long long)s->max_input_tokens;
	bool is_cut = s->on_overflow == OVERFLOW_CUTS_END || s->on_overflow == OVERFLOW_CUTS_MIDDLE;
	if (system > (double)limit)
		return fault_set(fault, ERROR_TOO_LARGE,
			"the system message alone is about %lld tokens, --max-input-tokens allows %lld",
			rounded_up(system), limit);
	const char *what = "the prompt is", *why = "";
	if (a->form == ASK_MESSAGES)
		what = "the record's messages are";
	else if (a->form == ASK_BODY)
		what = "the record's body is";
	if (is_cut)
		why = a->form == ASK_PROMPT ? ", too few to cut it to"
					    : ", and these are never cut";
	return fault_set(fault, ERROR_TOO_LARGE,
		"%s about %lld tokens, --max-input-tokens allows %lld%s", what,
		rounded_up(tokens + system), limit, why);
}

/* Cuts the prompt, which may lie in `text`, to what the system message leaves of the limit. */
static bool cut_prompt(struct ask *a, struct span prompt, double system, struct buf *text)
{
	const struct step *s = a->step;
	struct buf left;
	double tokens = (double)s->max_input_tokens - system;
	bool ok = false;
	buf_init(&left, text->max);
	if (s->on_overflow == OVERFLOW_CUTS_END)
		ok = cut_text(
			prompt, tokens, CUT_END, a->has_no_mark ? SPAN("") : SPAN(MARK_END), &left);
	else if (s->on_overflow == OVERFLOW_CUTS_MIDDLE)
		ok = cut_text(prompt, tokens, CUT_MIDDLE,
			a->has_no_mark ? SPAN("\\n") : SPAN(MARK_MIDDLE), &left);
	buf_release(text);
	*text = left;
	a->prompt = buf_span(text);
	a->is_cut = ok;
	return ok;
}

bool ask_fit(struct ask *a, struct buf *text, struct fault *fault)
{
	const struct step *s = a->step;
	double system, tokens;
	if (s->max_input_tokens == 0 || a->form == ASK_FIELDS)
		return true;
	if (!measure_system(a, text->max, &system, fault))
		return false;
	struct span whole = a->own;
	if (s->has_prompt) {
		if (!ask_put_prompt(a, text, fault))
			return false;
		whole = a->prompt = buf_span(text);
	}
	tokens = tokens_estimate(whole);
	return tokens + system <= (double)s->max_input_tokens ||
		(a->form == ASK_PROMPT && cut_prompt(a, whole, system, text)) ||
		refuse_length(a, tokens, system, fault);
}
