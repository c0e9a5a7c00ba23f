/* SPDX-License-Identifier: MIT */
#include "app/step_keys.h"

#include "app/config.h"
#include "app/text_file.h"
#include "base/near.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "json/schema.h"
#include "json/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOKENS_MAX = 100000000 };

#define FROM(member) offsetof(struct prompt_opts, member)

static const struct step_key_row rows[STEP_KEYS_N] = {
	[STEP_SYSTEM] = { "-s", "system", "system", FROM(systems), '=', PREFIX_MAY_BE, true,
		false },
	[STEP_IMAGE] = { "--image", "image", "image", FROM(images), '=', PREFIX_MAY_BE, true,
		false },
	[STEP_SCHEMA] = { "--schema", "schema", "schema", FROM(schemas), '=', PREFIX_MAY_BE, false,
		true },
	[STEP_MAX_TOKENS] = { "--max-tokens", "max-tokens", "max_tokens", FROM(max_tokens), '=',
		PREFIX_IS_MISTAKE, false, false },
	[STEP_EMIT] = { "--emit", "emit", "emit", FROM(emits), 0, PREFIX_IS_TEXT, false, false },
	[STEP_MODEL] = { "-m", "model", "model", FROM(models), '=', PREFIX_MAY_BE, false, false },
	[STEP_SAMPLES] = { "--samples", "samples", "samples", FROM(samples), '=', PREFIX_IS_MISTAKE,
		false, false },
	[STEP_JOIN] = { "--join", "join", "join", FROM(joins), '=', PREFIX_IS_MISTAKE, false,
		false },
	[STEP_VOTE_BY] = { "--vote-by", "vote-by", "vote_by", FROM(vote_bys), '=',
		PREFIX_IS_MISTAKE, false, false },
	[STEP_QUORUM] = { "--quorum", "quorum", "quorum", FROM(quorums), '=', PREFIX_IS_MISTAKE,
		false, false },
	[STEP_PARAM] = { "--param", "param", "params", FROM(params), ':', PREFIX_MAY_BE, true,
		false },
};

const struct step_key_row *step_key_row(enum step_key key)
{
	return &rows[key];
}

bool step_value_is_own(const struct step_value *v)
{
	return v->rank == RANK_FLOW || v->rank == RANK_STEP || v->rank == RANK_SETTING_STEP;
}

static bool is_from_flow(const struct step_value *v)
{
	return v->rank == RANK_DEFAULTS || v->rank == RANK_FLOW;
}

size_t step_name_length(const char *text)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
	return *text >= '0' && *text <= '9' ? 0 : strspn(text, bytes);
}

struct step *step_add(struct plan *plan, struct span name, struct err *err)
{
	bool ok = true;
	if (span_is(name, "pllm"))
		ok = err_set(err, ERR_STEP,
			"the field \"pllm\" is where errors go" LOG_HELP
			"name the answer something else");
	else if (plan_find_step(plan, name))
		ok = err_set(
			err, ERR_STEP, "there are two steps named \"%.*s\"", (int)name.n, name.at);
	else if (plan->steps_n == PLAN_STEPS_MAX)
		ok = err_set(err, ERR_STEP, "there are more than %d steps", PLAN_STEPS_MAX);
	if (!ok)
		return NULL;
	char *copy = xmemdup(name.at, name.n);
	struct step *s = plan_add_step(plan, copy);
	free(copy);
	s->samples_n = 1;
	s->is_emitted = true;
	return s;
}

const char *step_nearest(const struct plan *plan, struct span word)
{
	const char *names[PLAN_STEPS_MAX];
	for (unsigned i = 0; i < plan->steps_n; i++)
		names[i] = plan->steps[i].name;
	char *copy = xmemdup(word.at, word.n);
	const char *near = near_find(copy, names, plan->steps_n);
	free(copy);
	return near;
}

bool step_refuse_name(const struct plan *plan, const char *label, struct span name, struct err *err)
{
	const char *near = step_nearest(plan, name);
	if (near)
		return err_set(err, ERR_STEP,
			"%s: there is no step \"%.*s\"" LOG_HELP "the nearest is %s", label,
			(int)name.n, name.at, near);
	return err_set(err, ERR_STEP,
		"%s: there is no step \"%.*s\"" LOG_HELP
		"a step has the name that stands before its prompt, as in -p NAME='...'",
		label, (int)name.n, name.at);
}

/* A text where a file's name is expected. */
static bool is_text(const char *path)
{
	return strstr(path, "{{") || strchr(path, ' ') || strchr(path, '\n');
}

bool step_put_prompt_file(struct step *s, const char *label, const char *path, struct err *err)
{
	struct buf text;
	struct err why;
	buf_init(&text, TEXT_FILE_MAX_BYTES);
	bool ok = text_file_read(label, path, &text, err);
	if (!ok && is_text(path) && access(path, F_OK) != 0)
		err_set(err, ERR_FILE,
			"%s: there is no file of that name" LOG_HELP "-p takes the text itself",
			label);
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text.len--;
	s->has_prompt = true;
	if (ok && text.len == 0)
		ok = err_set(err, ERR_FILE,
			"%s: there is nothing in %s" LOG_HELP
			"a prompt is expected there; what comes through a pipe can be read once",
			label, path);
	if (ok && !template_parse(&s->prompt, buf_span(&text), TEMPLATE_FROM_FILE, &why))
		ok = err_set(err, why.kind, "%s %s: %s", label, path, why.msg);
	buf_release(&text);
	return ok;
}

/* A step into which a value is put. */
struct target {
	struct plan *plan;
	struct step *step;
	struct err *err;
};

static bool put_template(struct template *t, bool *has, const struct step_value *v, struct err *err)
{
	struct err why;
	enum template_source source = is_from_flow(v) ? TEMPLATE_FROM_FILE : TEMPLATE_FROM_ARGUMENT;
	*has = true;
	return template_parse(t, span_of(v->text), source, &why) ||
		err_set(err, why.kind, "%s: %s", v->label, why.msg);
}

static bool put_system(const struct target *t, const struct step_value *v)
{
	return put_template(&t->step->system, &t->step->has_system, v, t->err);
}

static bool put_image(const struct target *t, const struct step_value *v)
{
	return put_template(&t->step->image, &t->step->has_image, v, t->err);
}

static bool put_schema(const struct target *t, const struct step_value *v)
{
	struct buf text;
	struct err why;
	buf_init(&text, TEXT_FILE_MAX_BYTES);
	bool ok = text_file_read(v->label, v->text, &text, t->err);
	if (!ok && v->text[strspn(v->text, " \t\r\n")] == '{')
		err_set(t->err, ERR_FILE,
			"%s: there is no file of that name" LOG_HELP
			"it takes a file's name: write the schema to a file, and name that",
			step_key_row(v->key)->option);
	if (ok && !(t->step->schema = schema_new(buf_span(&text), &why)))
		ok = err_set(t->err, why.kind, "%s: %s", v->label, why.msg);
	buf_release(&text);
	return ok;
}

/* A whole number from 1 to most. */
static bool put_count(int64_t *count, int64_t most, const struct step_value *v, struct err *err)
{
	return (units_parse_int(span_of(v->text), count) && *count >= 1 && *count <= most) ||
		err_set(err, ERR_USAGE,
			"%s: not understood" LOG_HELP "expected a whole number from 1 to %" PRId64,
			v->label, most);
}

static bool put_max_tokens(const struct target *t, const struct step_value *v)
{
	return put_count(&t->step->max_tokens, TOKENS_MAX, v, t->err);
}

static bool put_emit(const struct target *t, const struct step_value *v)
{
	t->step->is_emitted = strcmp(v->text, "true") == 0;
	return t->step->is_emitted || strcmp(v->text, "false") == 0 ||
		err_set(t->err, ERR_USAGE, "%s: not understood" LOG_HELP "expected true or false",
			v->label);
}

/* Adds one of the names of a list. */
static bool put_model(const struct target *t, const char *name, bool is_usual, const char *label)
{
	struct step *s = t->step;
	if (!*name || !utf8_is_valid(span_of(name)))
		return err_set(t->err, ERR_MODEL,
			"%s: not understood" LOG_HELP
			"expected the name of a model, UTF-8 and not empty",
			label);
	if (s->models_n == STEP_MODELS_MAX)
		return err_set(t->err, ERR_MODEL, "%s: a step has up to %d models", label,
			STEP_MODELS_MAX);
	int pool = plan_add_model(t->plan, name, is_usual);
	if (pool < 0)
		return err_set(t->err, ERR_MODEL, "%s: there are more than %d different models",
			label, PLAN_MODELS_MAX);
	for (unsigned i = 0; i < s->models_n; i++)
		if (s->models[i] == (unsigned)pool)
			return err_set(t->err, ERR_MODEL,
				"%s: the model %s is there twice" LOG_HELP
				"--samples asks one several times",
				label, name);
	s->models[s->models_n++] = (unsigned)pool;
	return true;
}

static bool put_models(const struct target *t, const struct step_value *v)
{
	if (!v) {
		int pool = plan_add_model(t->plan, NULL, true);
		t->step->models[0] = (unsigned)pool;
		t->step->models_n = 1;
		return pool >= 0 ||
			err_set(t->err, ERR_MODEL, "there are more than %d different models",
				PLAN_MODELS_MAX);
	}
	bool is_usual = !step_value_is_own(v) && !strchr(v->text, ','), ok = true;
	char *copy = xstrdup(v->text), *rest = copy;
	while (ok && rest)
		ok = put_model(t, strsep(&rest, ","), is_usual, v->label);
	free(copy);
	return ok;
}

static bool put_samples(const struct target *t, const struct step_value *v)
{
	int64_t n;
	if (!put_count(&n, STEP_SAMPLES_MAX, v, t->err))
		return false;
	t->step->samples_n = (unsigned)n;
	return step_calls_n(t->step) <= STEP_SAMPLES_MAX ||
		err_set(t->err, ERR_MODEL,
			"%s: with %u models that are %u calls of step %s for a record" LOG_HELP
			"%d is the most",
			v->label, t->step->models_n, step_calls_n(t->step), t->step->name,
			STEP_SAMPLES_MAX);
}

/* A step that has one answer is not meant, unless it is named. */
static bool is_for_several(const struct target *t, const struct step_value *v, bool *ok)
{
	if (step_calls_n(t->step) > 1)
		return true;
	*ok = !step_value_is_own(v) ||
		err_set(t->err, ERR_MODEL,
			"%s: there is one answer to join" LOG_HELP
			"--samples or several models give more",
			v->label);
	return false;
}

static bool put_join(const struct target *t, const struct step_value *v)
{
	static const char *const words[] = {
		[JOIN_ALL] = "all", [JOIN_VOTE] = "vote", [JOIN_FIRST] = "first"
	};
	bool ok = true;
	unsigned join = 0;
	while (join <= JOIN_FIRST && strcmp(v->text, words[join]) != 0)
		join++;
	if (join > JOIN_FIRST)
		return err_set(t->err, ERR_USAGE,
			"%s: not understood" LOG_HELP "expected all, vote or first", v->label);
	if (is_for_several(t, v, &ok))
		t->step->join = (enum join)join;
	return ok;
}

static bool put_vote_by(const struct target *t, const struct step_value *v)
{
	struct step *s = t->step;
	struct err why;
	if (!path_parse(&s->vote_by, span_of(v->text), &why))
		return err_set(t->err, why.kind, "%s: %s", v->label, why.msg);
	s->has_vote_by = s->join == JOIN_VOTE;
	if (!s->has_vote_by) {
		path_release(&s->vote_by);
		s->vote_by = (struct path){ 0 };
		return !step_value_is_own(v) ||
			err_set(t->err, ERR_STEP,
				"%s: nobody votes" LOG_HELP
				"several answers and --join %s=vote are needed",
				v->label, s->name);
	}
	return s->schema ||
		err_set(t->err, ERR_STEP,
			"%s: the answers of step %s are text" LOG_HELP
			"--schema makes them JSON, which has fields",
			v->label, s->name);
}

static bool put_quorum(const struct target *t, const struct step_value *v)
{
	bool ok = true;
	int64_t n;
	if (!put_count(&n, STEP_SAMPLES_MAX, v, t->err))
		return false;
	if (!is_for_several(t, v, &ok))
		return ok;
	if (t->step->join == JOIN_FIRST)
		return !step_value_is_own(v) || n == 1 ||
			err_set(t->err, ERR_STEP, "%s: with --join first one answer is enough",
				v->label);
	t->step->quorum = (unsigned)n;
	return t->step->quorum <= step_calls_n(t->step) ||
		err_set(t->err, ERR_STEP, "%s: step %s makes %u calls for a record, no more",
			v->label, t->step->name, step_calls_n(t->step));
}

static bool put_param(const struct target *t, const struct step_value *v)
{
	struct err why;
	if (step_add_param(t->step, v->text, &why))
		return true;
	/* The message begins with the option by itself, as on the command line it should. */
	return is_from_flow(v) ? err_set(t->err, why.kind, "%s: %s", v->label, why.msg)
			       : err_set(t->err, why.kind, "%s", why.msg);
}

bool step_put(struct plan *plan, struct step *s, enum step_key key, const struct step_value *v,
	struct err *err)
{
	static bool (*const verbs[STEP_KEYS_N])(
		const struct target *, const struct step_value *) = {
		[STEP_SYSTEM] = put_system,
		[STEP_IMAGE] = put_image,
		[STEP_SCHEMA] = put_schema,
		[STEP_MAX_TOKENS] = put_max_tokens,
		[STEP_EMIT] = put_emit,
		[STEP_MODEL] = put_models,
		[STEP_SAMPLES] = put_samples,
		[STEP_JOIN] = put_join,
		[STEP_VOTE_BY] = put_vote_by,
		[STEP_QUORUM] = put_quorum,
		[STEP_PARAM] = put_param,
	};
	const struct target t = { plan, s, err };
	return (!v && key != STEP_MODEL) || verbs[key](&t, v);
}
