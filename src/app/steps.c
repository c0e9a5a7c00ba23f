/* SPDX-License-Identifier: MIT */
#include "app/steps.h"

#include "app/flow.h"
#include "app/origin.h"
#include "app/step_keys.h"
#include "app/step_values.h"
#include "base/log.h"
#include "json/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	HELP_BYTES = 200,
	WORD_MAX_BYTES = 40, /* of a field's name in what other tools write */
	LITERAL_MAX_BYTES = 1 << 20
};

/* The command line's prompts while steps are made of them. */
struct making {
	struct plan *plan;
	const struct prompt_opts *opts;
	unsigned flow_n; /* steps of the flow file, which are the first */
	bool has_unnamed;
	struct err *err;
};

/*
 * Splits "NAME=rest"; a leading "=" means that there is no name. Gives the name (missing = none)
 * and moves *text to the rest.
 */
static struct span take_name(const char **text)
{
	size_t n = step_name_length(*text);
	if ((*text)[n] != '=')
		return (struct span){ 0 };
	struct span name = { .at = n ? *text : NULL, .n = n };
	*text += n + 1;
	return name;
}

/* True if no step of the flow file has that name; else err is filled. */
static bool check_flow(const struct making *m, struct span name, const char *option)
{
	const struct step *s = plan_find_step(m->plan, name);
	return !s || s >= m->plan->steps + m->flow_n ||
		err_set(m->err, ERR_STEP,
			"%s: there are two steps named \"%s\"" LOG_HELP "the other is in %s",
			option, s->name, m->opts->flow);
}

/* Adds a step, named by its prompt or by -a. NULL with err filled. */
static struct step *add_step(struct making *m, struct span name, const char *option)
{
	struct err why;
	if (!name.at && m->has_unnamed) {
		err_set(m->err, ERR_STEP,
			"%s: several prompts need names" LOG_HELP
			"write -p first='...' -p second='...'",
			option);
		return NULL;
	}
	struct span field = name.at ? name : span_of(m->opts->as);
	if (!check_flow(m, field, option))
		return NULL;
	struct step *s = step_add(m->plan, field, &why);
	if (!s)
		err_set(m->err, why.kind, "%s: %s", option, why.msg);
	else if (!name.at)
		s->is_unnamed = m->has_unnamed = true;
	return s;
}

static bool add_prompt(struct making *m, const char *text, bool is_file)
{
	const char *option = is_file ? "--prompt-file" : "-p";
	struct err why;
	struct span name = take_name(&text);
	if (!*text)
		return err_set(
			m->err, ERR_STEP, "%s: there is nothing after the step's name", option);
	struct step *s = add_step(m, name, option);
	if (!s)
		return false;
	if (is_file)
		return step_put_prompt_file(s, option, text, m->err);
	s->has_prompt = true;
	return template_parse(&s->prompt, span_of(text), TEMPLATE_FROM_ARGUMENT, &why) ||
		err_set(m->err, why.kind, "-p: %s", why.msg);
}

static bool add_prompts(struct making *m)
{
	const struct strings *prompts = &m->opts->prompts, *files = &m->opts->prompt_files;
	for (size_t i = 0; i < prompts->n; i++)
		if (!add_prompt(m, prompts->items[i], false))
			return false;
	for (size_t i = 0; i < files->n; i++)
		if (!add_prompt(m, files->items[i], true))
			return false;
	/* Without any prompt the record says what is asked. */
	return m->plan->steps_n > 0 || add_step(m, (struct span){ 0 }, "-a");
}

/* Gives in rule what becomes of prompts that are too long. */
static bool choose_overflow(enum overflow_rule *rule, const struct config *c, struct err *err)
{
	*rule = (enum overflow_rule)c->prompt.on_overflow;
	if (*rule == OVERFLOW_SPLITS && c->command != COMMAND_REDUCE) {
		if (!origin_is_setting(c, "on-overflow"))
			return err_set(err, ERR_USAGE,
				"--on-overflow split: only pllm reduce can ask about a record in "
				"parts" LOG_HELP "here it is error, truncate or truncate-middle");
		*rule = OVERFLOW_IS_ERROR;
	}
	return c->prompt.max_input_tokens > 0 ||
		origin_kind_of(c, "on-overflow") != ORIGIN_COMMAND_LINE ||
		err_set(err, ERR_USAGE,
			"--on-overflow: nothing is too long without a limit" LOG_HELP
			"give --max-input-tokens N, which says what a prompt may have");
}

/* What is the same for all steps. */
static bool set_common(struct plan *plan, const struct config *c, struct err *err)
{
	const struct prompt_opts *o = &c->prompt;
	enum overflow_rule rule;
	bool has_room = c->pipeline.sched.on_truncate == TRUNCATE_GROWS ||
		!origin_is_setting(c, "max-tokens-limit");
	if (!choose_overflow(&rule, c, err))
		return false;
	for (unsigned i = 0; i < plan->steps_n; i++) {
		struct step *s = &plan->steps[i];
		s->reasks_n = (unsigned)o->reasks_n;
		s->max_input_tokens = o->max_input_tokens;
		s->on_overflow = rule;
		s->max_tokens_limit = has_room ? o->max_tokens_limit : 0;
	}
	return true;
}

static bool read_flow(struct making *m, struct step_values *values)
{
	const struct prompt_opts *o = m->opts;
	bool needs_steps = o->prompts.n + o->prompt_files.n == 0;
	if (o->flow && !flow_read(o->flow, needs_steps, m->plan, values, m->err))
		return false;
	m->flow_n = m->plan->steps_n;
	return true;
}

bool steps_make(struct plan *plan, const struct config *c, struct err *err)
{
	const struct prompt_opts *o = &c->prompt;
	struct making m = { .plan = plan, .opts = o, .err = err };
	struct step_values values = { 0 };
	if (!*o->as || !utf8_is_valid(span_of(o->as)))
		return err_set(err, ERR_USAGE,
			"-a: not understood" LOG_HELP
			"expected the name of a field, UTF-8 and not empty");
	bool ok = read_flow(&m, &values) && add_prompts(&m) &&
		step_values_read(&values, plan, c, err) && step_values_apply(&values, plan, err);
	step_values_release(&values);
	return ok && set_common(plan, c, err) && plan_link(plan, err);
}

static bool check_step(const struct step *s, bool grows, struct err *err)
{
	if (!grows)
		return !s->max_tokens_limit ||
			err_set(err, ERR_USAGE, "--max-tokens-limit is for --on-truncate grow");
	if (!s->max_tokens)
		return err_set(err, ERR_USAGE,
			"--on-truncate grow: step %s needs --max-tokens, from which it grows",
			s->name);
	return s->max_tokens_limit > s->max_tokens ||
		err_set(err, ERR_USAGE,
			"--on-truncate grow: step %s needs a --max-tokens-limit above its --max-tokens, which is %" PRId64,
			s->name, s->max_tokens);
}

bool steps_check_growth(const struct plan *plan, bool grows, struct err *err)
{
	for (unsigned i = 0; i < plan->steps_n; i++)
		if (!check_step(&plan->steps[i], grows, err))
			return false;
	return true;
}

/* A step's prompt while it is looked at. */
struct advising {
	const struct step *step;
	const char *text;  /* as it was given with -p; NULL = it comes from a file */
	const char *field; /* what a field of these records looks like */
	bool is_file;      /* --prompt-file has it */
	bool has_name;     /* a step's stands before the text */
};

/* Says what is probably wrong with the step's prompt. */
static void advise(
	const struct advising *a, enum log_level level, const char *what, const char *help)
{
	if (a->step->is_unnamed)
		log_say(level, "%s %s" LOG_HELP "%s", a->is_file ? "--prompt-file" : "-p", what,
			help);
	else
		log_say(level, "step %s: its prompt %s" LOG_HELP "%s", a->step->name, what, help);
}

static bool names_no_field(const struct step *s)
{
	return template_holes_n(&s->prompt) == 0 && template_holes_n(&s->system) == 0 &&
		template_holes_n(&s->image) == 0;
}

static bool is_regular_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Gives the length of the name at `at`, 0 if there is none that a field would be called. */
static size_t field_length(const char *at)
{
	static const char bytes[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.";
	size_t n = *at >= '0' && *at <= '9' ? 0 : strspn(at, bytes);
	/* One dot is the record; more of them are what is left out. */
	return n <= WORD_MAX_BYTES && (*at != '.' || n == 1) ? n : 0;
}

/* Gives what stands in {word}, ${word} or $word at `at`, or a missing span. */
static struct span foreign_word(const char *at, bool is_doubled)
{
	bool has_dollar = *at == '$', has_brace = at[has_dollar] == '{';
	const char *word = at + has_dollar + has_brace;
	size_t n = field_length(word);
	bool is_one =
		n > 0 && (has_brace ? word[n] == '}' && !is_doubled : has_dollar && *word != '.');
	/* In a sentence, a dot follows. */
	while (is_one && !has_brace && n > 1 && word[n - 1] == '.')
		n--;
	return is_one ? (struct span){ word, n } : (struct span){ 0 };
}

/* Looks for what other tools call a field; writes what it is called here. */
static bool find_foreign(const struct advising *a, const char *text, char help[HELP_BYTES])
{
	for (const char *at = text; *at; at++) {
		struct span word = foreign_word(at, at > text && at[-1] == '{');
		bool is_bare = strncmp(at, "{}", 2) == 0 || strncmp(at, "%s", 2) == 0;
		if (word.at)
			snprintf(help, HELP_BYTES, "write {{%.*s}}", (int)word.n, word.at);
		else if (is_bare)
			snprintf(help, HELP_BYTES, "%s", a->field);
		if (word.at || is_bare)
			return true;
	}
	return false;
}

/* The prompt's text, which has no holes; escaped as JSON is. */
static bool looks_foreign(const struct advising *a, char help[HELP_BYTES])
{
	struct template_fault fault;
	struct buf text;
	buf_init(&text, LITERAL_MAX_BYTES);
	bool is_whole = template_render(&a->step->prompt,
				&(struct template_scope){ .record = SPAN("{}") }, &text, &fault) &&
		buf_put_char(&text, '\0');
	bool found = is_whole && find_foreign(a, text.data, help);
	buf_release(&text);
	return found;
}

/* What begins as a name does that no step can have, such as "Draft=". */
static bool has_bad_name(const char *text, char what[HELP_BYTES], char help[HELP_BYTES])
{
	static const char bytes[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-";
	int n = (int)strspn(text, bytes);
	if (n == 0 || n > WORD_MAX_BYTES || text[n] != '=' || text[n + 1] == '=')
		return false;
	snprintf(what, HELP_BYTES, "begins with \"%.*s=\", which names no step", n, text);
	snprintf(help, HELP_BYTES,
		"a step's name has a-z, 0-9 and _, and no digit first; a text that begins so is "
		"given as =%.*s=...",
		n, text);
	return true;
}

/* True if it is "NAME=" that names no step only because of its capitals. */
static bool has_only_capitals_wrong(const char *text)
{
	static const char bytes[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	return !(*text >= '0' && *text <= '9') && text[strspn(text, bytes)] == '=';
}

static void advise_about(const struct advising *a)
{
	static const char is_constant[] = "names no field: every record is asked the same";
	char what[HELP_BYTES], help[HELP_BYTES];
	const char *text = a->text;
	bool is_same = names_no_field(a->step);
	if (text && !a->has_name && has_bad_name(text, what, help))
		advise(a, is_same || has_only_capitals_wrong(text) ? LOG_WARNING : LOG_NOTICE, what,
			help);
	else if (is_same && text && is_regular_file(text + (*text == '@')))
		advise(a, LOG_WARNING, "is a file's name: every record is asked just that",
			"--prompt-file FILE reads a file");
	else if (is_same && looks_foreign(a, help))
		advise(a, LOG_WARNING, is_constant, help);
	else if (is_same)
		advise(a, LOG_NOTICE, is_constant, a->field);
}

void steps_advise(const struct plan *plan, const struct config *c)
{
	const struct strings *prompts = &c->prompt.prompts;
	const char *field = c->reader.format == INPUT_LINES ? "{{.}} is the line"
							    : "{{text}} is the field \"text\"";
	/* Those of the flow file come first, those of files last. */
	size_t given_n = prompts->n + c->prompt.prompt_files.n;
	size_t first = plan->steps_n - (given_n < plan->steps_n ? given_n : plan->steps_n);
	for (unsigned i = 0; i < plan->steps_n; i++) {
		bool is_argument = i >= first && i - first < prompts->n;
		struct advising a = { .step = &plan->steps[i],
			.text = is_argument ? prompts->items[i - first] : NULL,
			.field = field,
			.is_file = !is_argument };
		if (a.text)
			take_name(&a.text);
		a.has_name = a.text && a.text != prompts->items[i - first];
		if (a.step->has_prompt)
			advise_about(&a);
	}
}
