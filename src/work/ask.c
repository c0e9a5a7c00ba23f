/* SPDX-License-Identifier: MIT */
#include "work/ask.h"

#include "json/scan.h"

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
			"nothing to ask: give -p TEMPLATE, or records with \"prompt\", \"messages\" or \"body\"");
}

bool ask_init(struct ask *a, const struct step *step, const struct endpoint *endpoint,
	struct span record, struct fault *fault)
{
	*a = (struct ask){ .step = step, .endpoint = endpoint, .record = record };
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

bool ask_has_model(const struct ask *a, struct fault *fault)
{
	return a->model.at ||
		fault_set(fault, ERROR_BAD_RECORD,
			"no model: give -m MODEL, or records with \"body\".\"model\"");
}

static bool put_template(
	const struct template *t, const struct ask *a, struct buf *out, struct fault *fault)
{
	struct template_fault why;
	if (!template_render(t, a->record, out, &why))
		return fault_set(fault, ERROR_TEMPLATE, "%s", why.msg);
	return true;
}

bool ask_put_prompt(const struct ask *a, struct buf *out, struct fault *fault)
{
	if (a->step->has_prompt)
		return put_template(&a->step->prompt, a, out, fault);
	if (!buf_put_span(out, a->own))
		return fault_set(fault, ERROR_TEMPLATE,
			"the request would be larger than %zu bytes", out->max);
	return true;
}

bool ask_put_system(const struct ask *a, struct buf *out, struct fault *fault)
{
	return put_template(&a->step->system, a, out, fault);
}
