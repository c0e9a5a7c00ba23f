/* SPDX-License-Identifier: MIT */
/*
 * What a request of any API says of seeds, of limits of tokens and of the length of its input.
 */
#include "desk.h"

#include "json/walk.h"
#include "work/tokens.h"

#include <stdio.h>

static const struct {
	const char *api;
	const char *seed;   /* as api.h has it */
	const char *tokens; /* the field that --max-tokens becomes; NULL = it has none */
} rows[] = {
	{ "openai", "seed", "max_tokens" },
	{ "openai-completions", "seed", "max_tokens" },
	{ "azure", "seed", "max_completion_tokens" },
	{ "azure-classic", "seed", "max_completion_tokens" },
	{ "groq", "seed", "max_tokens" },
	{ "together_ai", "seed", "max_tokens" },
	{ "openrouter", "seed", "max_tokens" },
	{ "fireworks_ai", "seed", "max_tokens" },
	{ "cerebras", "seed", "max_tokens" },
	{ "mistral", "random_seed", "max_tokens" },
	{ "cohere", "seed", "max_tokens" },
	{ "gemini", "generationConfig.seed", "generationConfig.maxOutputTokens" },
	{ "ollama", "options.seed", "options.num_predict" },
	{ "xai", NULL, "max_tokens" },
	{ "nvidia_nim", NULL, "max_tokens" },
	{ "deepseek", NULL, "max_tokens" },
	{ "anthropic", NULL, "max_tokens" },
	{ "bedrock", NULL, "inferenceConfig.maxTokens" },
	{ "openai-responses", NULL, "max_output_tokens" },
	{ "openai-moderation", NULL, NULL },
	{ "cohere-rerank", NULL, NULL },
	{ "voyage-rerank", NULL, NULL },
	{ "jina-rerank", NULL, NULL },
	{ "tei-rerank", NULL, NULL },
};

enum { ROWS_N = sizeof rows / sizeof *rows };

/* All APIs take this one: rerank wants documents. */
#define RECORD "{\"documents\":[\"d\"],\"t\":\"x\"}"

/* What stands at a path with dots, in a value. */
static struct span at_path(struct span value, const char *path)
{
	const char *dot = strchr(path, '.');
	if (!dot)
		return json_member(value, span_of(path));
	struct span head = { path, (size_t)(dot - path) };
	return json_member(json_member(value, head), span_of(dot + 1));
}

/* Checks what the request for the record has at the path; NULL = nothing. */
static void check_at(const struct desk *d, const char *record, const char *path, const char *want)
{
	struct buf body;
	struct fault fault;
	struct span value, found;
	struct json_fault why;
	buf_init(&body, BODY_BYTES_MAX);
	if (CHECK(build(d, record, &body, &fault)) &&
		CHECK(json_scan(buf_span(&body), &value, &why))) {
		found = at_path(value, path);
		if (want)
			CHECK_MEM(found.at, found.n, want);
		else
			CHECK(!found.at);
	} else {
		CHECK_STR(fault.msg, d->endpoint.api->name);
	}
	buf_release(&body);
}

TEST("every API is in this table, with its own seed")
{
	size_t n;
	(void)api_all(&n);
	CHECK_INT(n, ROWS_N);
	for (size_t i = 0; i < ROWS_N; i++)
		CHECK_STR(api_find(rows[i].api)->seed, rows[i].seed);
}

TEST("each sample has its own number as its seed where the API takes one, and nothing where not")
{
	for (size_t i = 0; i < ROWS_N; i++) {
		struct desk d;
		sit_down(&d, rows[i].api, "m", "p", NULL);
		const char *path = rows[i].seed ? rows[i].seed : "seed";
		check_at(&d, RECORD, path, NULL);
		d.sample = 0;
		check_at(&d, RECORD, path, rows[i].seed ? "0" : NULL);
		d.sample = 255;
		check_at(&d, RECORD, path, rows[i].seed ? "255" : NULL);
		stand_up(&d);
	}
}

/* A parameter of that path. */
static void add_param_at(struct desk *d, const char *path, const char *json)
{
	char text[100];
	snprintf(text, sizeof text, "%s=%s", path, json);
	add_param(d, text);
}

TEST("samples count on from a seed that the user gives, and leave what is no whole number")
{
	static const struct {
		const char *given, *want;
	} cases[] = {
		{ "5", "12" },
		{ "-3", "4" },
		{ "0", "7" },
		{ "null", "null" },
		{ "\"x\"", "\"x\"" },
		{ "1.5", "1.5" },
		{ "1e3", "1e3" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "123456789012345678901", "123456789012345678901" },
	};
	for (size_t i = 0; i < ROWS_N; i++)
		for (size_t j = 0; rows[i].seed && j < sizeof cases / sizeof *cases; j++) {
			struct desk d;
			sit_down(&d, rows[i].api, "m", "p", NULL);
			add_param_at(&d, rows[i].seed, cases[j].given);
			check_at(&d, RECORD, rows[i].seed, cases[j].given);
			d.sample = 7;
			check_at(&d, RECORD, rows[i].seed, cases[j].want);
			stand_up(&d);
		}
}

TEST("a seed that the user gives in an object is counted on from, and the object keeps the rest")
{
	struct desk d;
	sit_down(&d, "ollama", "m", "p", NULL);
	add_param(&d, "options={\"seed\":40,\"top_k\": 3}");
	d.sample = 2;
	check_at(&d, "{}", "options", "{\"top_k\": 3,\"seed\":42}");
	stand_up(&d);
	sit_down(&d, "gemini", "m", "p", NULL);
	add_param(&d, "generationConfig={\"topP\":1}");
	d.sample = 2;
	check_at(&d, "{}", "generationConfig", "{\"topP\":1,\"seed\":2}");
	stand_up(&d);
}

TEST("where Gemini's settings are in its other style they stay in one object")
{
	struct desk d;
	sit_down(&d, "gemini", "m", "p", NULL);
	add_param(&d, "generation_config.seed=4");
	d.sample = 2;
	d.max_tokens = 9;
	check_at(&d, "{}", "generationConfig", NULL);
	check_at(&d, "{}", "generation_config", "{\"max_output_tokens\":9,\"seed\":4}");
	stand_up(&d);
}

TEST("a record's own body is not seeded")
{
	for (size_t i = 0; i < ROWS_N; i++) {
		struct desk d;
		sit_down(&d, rows[i].api, "m", NULL, NULL);
		d.sample = 3;
		check_at(&d, "{\"body\":{\"x\":1}}", rows[i].seed ? rows[i].seed : "seed", NULL);
		if (rows[i].seed && !strchr(rows[i].seed, '.'))
			check_at(
				&d, "{\"body\":{\"seed\":1,\"random_seed\":1}}", rows[i].seed, "1");
		stand_up(&d);
	}
}

TEST("a seed stands beside every other member, at the end of the request")
{
	struct desk d;
	sit_down(&d, "openai", "m", "p", NULL);
	d.step->max_tokens = 9;
	add_param(&d, "temperature=0.7");
	d.sample = 1;
	check_body(&d, "{}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"p\"}],"
		"\"max_tokens\":9,\"temperature\":0.7,\"seed\":1}");
	stand_up(&d);
}

TEST("every API asks for as many tokens as the call may have, not as the step began with")
{
	for (size_t i = 0; i < ROWS_N; i++) {
		struct desk d;
		if (!rows[i].tokens)
			continue;
		sit_down(&d, rows[i].api, "m", NULL, NULL);
		d.step->max_tokens = 10;
		check_at(&d, "\"p\"", rows[i].tokens, "10");
		check_at(&d, "{\"body\":{}}", rows[i].tokens, "10");
		d.max_tokens = 20;
		check_at(&d, "\"p\"", rows[i].tokens, "20");
		check_at(&d, "{\"body\":{\"max_tokens\":3}}", rows[i].tokens, "20");
		stand_up(&d);
	}
}

/* True if the request for the record holds these bytes. */
static bool holds(const struct desk *d, const char *record, const char *bytes)
{
	struct buf body;
	struct fault fault;
	buf_init(&body, BODY_BYTES_MAX);
	bool ok = CHECK(build(d, record, &body, &fault)) &&
		memmem(body.data, body.len, bytes, strlen(bytes)) != NULL;
	buf_release(&body);
	return ok;
}

TEST("every API sends a prompt cut to the limit of its input, and the system message whole")
{
	const char *record =
		"{\"documents\":[\"d\"],\"t\":\"a b c d e f g h i j k l m n o p q r s t\"}";
	for (size_t i = 0; i < ROWS_N; i++) {
		struct desk d;
		bool has_system = !(api_find(rows[i].api)->refuses & API_HAS_NO_SYSTEM);
		sit_down(&d, rows[i].api, "m", "{{t}}", has_system ? "Be brief" : NULL);
		d.step->max_input_tokens = has_system ? 12 : 10;
		check_fault(&d, record, ERROR_TOO_LARGE,
			has_system ? "the prompt is about 22 tokens, --max-input-tokens allows 12"
				   : "the prompt is about 20 tokens, --max-input-tokens allows 10");
		d.step->on_overflow = OVERFLOW_CUTS_END;
		CHECK(holds(&d, record, "\"a b c d e f\\n[...]\""));
		CHECK(!has_system || holds(&d, record, "\"Be brief"));
		d.step->on_overflow = OVERFLOW_CUTS_MIDDLE;
		CHECK(holds(&d, record, "\"a b c\\n[...]\\n r s t\""));
		stand_up(&d);
	}
}

TEST("every API refuses messages and bodies beyond the limit of its input before they are sent")
{
	for (size_t i = 0; i < ROWS_N; i++) {
		struct desk d;
		sit_down(&d, rows[i].api, "m", NULL, NULL);
		d.step->max_input_tokens = 3;
		d.step->on_overflow = OVERFLOW_CUTS_END;
		check_fault(&d, "{\"body\":{\"prompt\":\"one two three four\"}}", ERROR_TOO_LARGE,
			"never cut");
		check_fault(&d,
			"{\"messages\":[{\"role\":\"user\",\"content\":\"one two three four\"}]}",
			ERROR_TOO_LARGE, "never cut");
		stand_up(&d);
	}
}
