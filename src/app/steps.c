/* SPDX-License-Identifier: MIT */
#include "app/steps.h"

#include "base/buf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "json/schema.h"
#include "json/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 16 << 20 };

static bool is_name_byte(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/*
 * Splits "NAME=rest", where NAME is [a-z_][a-z0-9_]* right at the start; a leading "=" means that
 * there is no name. Gives the name (missing = none) and moves *text to the rest.
 */
static struct span take_name(const char **text)
{
	size_t n = 0;
	while (is_name_byte((*text)[n], n == 0))
		n++;
	if ((*text)[n] != '=')
		return (struct span){ 0 };
	struct span name = { .at = n ? *text : NULL, .n = n };
	*text += n + 1;
	return name;
}

/*
 * As take_name for options that follow the prompts: only the step's own name counts, anything else
 * is text.
 */
static const char *after_step_name(const struct step *s, const char *text, char separator)
{
	size_t n = strlen(s->name);
	if (text[0] == separator && separator == '=')
		return text + 1;
	return strncmp(text, s->name, n) == 0 && text[n] == separator ? text + n + 1 : text;
}

static bool read_file(const char *option, const char *path, struct buf *out, struct err *err)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return err_set_errno(err, ERR_USAGE, "%s: cannot open %s", option, path);
	char block[4096];
	size_t n;
	bool fits = true;
	while (fits && (n = fread(block, 1, sizeof block, f)) > 0)
		fits = buf_put(out, block, n);
	bool failed = ferror(f);
	fclose(f);
	if (failed)
		return err_set_errno(err, ERR_USAGE, "%s: cannot read %s", option, path);
	if (!fits)
		return err_set(err, ERR_USAGE, "%s: %s is larger than 16M", option, path);
	if (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
	return true;
}

static bool compile_file(struct step *s, const char *path, struct err *err)
{
	struct buf text;
	struct err why;
	buf_init(&text, FILE_MAX_BYTES);
	bool ok = read_file("--prompt-file", path, &text, err);
	if (ok && !template_parse(&s->prompt, buf_span(&text), TEMPLATE_FROM_FILE, &why))
		ok = err_set(err, ERR_USAGE, "--prompt-file %s: %s", path, why.msg);
	buf_release(&text);
	return ok;
}

/* Adds the one step, named by its prompt, by -a, or "output". */
static struct step *add_step(struct plan *plan, struct span name, const struct prompt_opts *o)
{
	char *copy = name.at ? xmemdup(name.at, name.n) : xstrdup(o->as);
	struct step *s = plan_add_step(plan, copy);
	free(copy);
	return s;
}

static bool make_prompt(struct plan *plan, const struct prompt_opts *o, struct err *err)
{
	bool from_file = o->prompt_files.n > 0;
	const char *text = from_file ? o->prompt_files.items[0]
		: o->prompts.n > 0   ? o->prompts.items[0]
				     : NULL;
	if (!text) {
		add_step(plan, (struct span){ 0 }, o);
		return true;
	}
	struct span name = take_name(&text);
	if (!*text)
		return err_set(err, ERR_USAGE, "%s: there is nothing after the step's name",
			from_file ? "--prompt-file" : "-p");
	struct step *s = add_step(plan, name, o);
	struct err why;
	s->has_prompt = true;
	if (from_file)
		return compile_file(s, text, err);
	if (!template_parse(&s->prompt, span_of(text), TEMPLATE_FROM_ARGUMENT, &why))
		return err_set(err, ERR_USAGE, "-p: %s", why.msg);
	return true;
}

static bool make_system(struct step *s, const struct strings *systems, struct err *err)
{
	struct err why;
	if (systems->n == 0)
		return true;
	s->has_system = true;
	const char *text = after_step_name(s, systems->items[systems->n - 1], '=');
	if (!template_parse(&s->system, span_of(text), TEMPLATE_FROM_ARGUMENT, &why))
		return err_set(err, ERR_USAGE, "-s: %s", why.msg);
	return true;
}

static bool make_max_tokens(struct step *s, const struct strings *list, struct err *err)
{
	if (list->n == 0)
		return true;
	const char *text = after_step_name(s, list->items[list->n - 1], '=');
	if (!units_parse_int(span_of(text), &s->max_tokens) || s->max_tokens < 1 ||
		s->max_tokens > 100000000)
		return err_set(err, ERR_USAGE,
			"--max-tokens %s: expected a whole number from 1 to 100000000", text);
	return true;
}

static bool make_image(struct step *s, const struct strings *images, struct err *err)
{
	struct err why;
	if (images->n == 0)
		return true;
	s->has_image = true;
	const char *text = after_step_name(s, images->items[images->n - 1], '=');
	if (!template_parse(&s->image, span_of(text), TEMPLATE_FROM_ARGUMENT, &why))
		return err_set(err, ERR_USAGE, "--image: %s", why.msg);
	return true;
}

static bool make_schema(struct step *s, const struct strings *schemas, struct err *err)
{
	struct buf text;
	struct err why;
	if (schemas->n == 0)
		return true;
	const char *path = after_step_name(s, schemas->items[schemas->n - 1], '=');
	buf_init(&text, FILE_MAX_BYTES);
	bool ok = read_file("--schema", path, &text, err);
	if (ok && !(s->schema = schema_new(buf_span(&text), &why)))
		ok = err_set(err, ERR_USAGE, "--schema %s: %s", path, why.msg);
	buf_release(&text);
	return ok;
}

static bool make_params(struct step *s, const struct strings *list, struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *text = after_step_name(s, list->items[i], ':');
		bool is_limit = strncmp(text, "max_tokens=", 11) == 0 ||
			strncmp(text, "max_completion_tokens=", 22) == 0;
		if (is_limit && s->max_tokens)
			return err_set(err, ERR_USAGE,
				"--param %s says the same as --max-tokens; give one of them", text);
		if (!step_add_param(s, text, err))
			return false;
	}
	return true;
}

bool steps_make(struct plan *plan, const struct prompt_opts *o, struct err *err)
{
	if (o->prompts.n + o->prompt_files.n > 1)
		return err_set(err, ERR_USAGE,
			"several prompts (steps) are not in this version; give one -p or --prompt-file");
	if (!*o->as || !utf8_is_valid(span_of(o->as)))
		return err_set(
			err, ERR_USAGE, "-a: expected the name of a field, UTF-8 and not empty");
	if (!make_prompt(plan, o, err))
		return false;
	struct step *s = &plan->steps[0];
	if (strcmp(s->name, "pllm") == 0)
		return err_set(err, ERR_USAGE,
			"the field \"pllm\" is where errors go; name the answer something else");
	s->reasks_n = (unsigned)o->reasks_n;
	if (!make_system(s, &o->systems, err) || !make_max_tokens(s, &o->max_tokens, err) ||
		!make_image(s, &o->images, err) || !make_schema(s, &o->schemas, err))
		return false;
	return make_params(s, &o->params, err);
}
