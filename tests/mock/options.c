/* SPDX-License-Identifier: MIT */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "options.h"

#include "base/units.h"
#include "dialect.h"
#include "meaning.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.0.0"
#endif

/* Where the help texts begin. */
#define HELP_COLUMN 31

/* No limit that is given per minute is larger. */
#define RATE_MAX 1000000000000

#define SKEW_MAX_MS ((int64_t)10 * 365 * 24 * 3600 * 1000)

#define BODY_BYTES_MAX ((uint64_t)1 << 30)

struct row {
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *help;
	size_t field; /* offset in struct options */
	bool (*set)(const struct row *row, void *field, const char *text);
	int64_t min, max; /* of whole numbers */
};

static bool set_flag(const struct row *row, void *field, const char *text)
{
	bool *flag = field;
	(void)row;
	(void)text;
	*flag = true;
	return true;
}

static bool set_text(const struct row *row, void *field, const char *text)
{
	const char **value = field;
	(void)row;
	*value = text;
	return *text != '\0';
}

static bool set_whole(const struct row *row, void *field, const char *text)
{
	int64_t *value = field;
	return units_parse_int(span_of(text), value) && *value >= row->min && *value <= row->max;
}

static bool set_share(const struct row *row, void *field, const char *text)
{
	double *share = field;
	(void)row;
	return units_parse_number(span_of(text), share) && *share >= 0 && *share <= 1;
}

static bool set_size(const struct row *row, void *field, const char *text)
{
	uint64_t *bytes = field;
	(void)row;
	return units_parse_bytes(span_of(text), bytes) && *bytes > 0 && *bytes <= BODY_BYTES_MAX;
}

static bool set_list(const struct row *row, void *field, const char *text)
{
	struct option_list *list = field;
	(void)row;
	if (list->n == OPTION_LIST_MAX || !*text)
		return false;
	list->at[list->n++] = text;
	return true;
}

/* Model names and answers end up in JSON. */
static bool is_utf8(const char *text)
{
	json_t *value = json_string(text);
	json_decref(value);
	return value != NULL;
}

static bool set_model(const struct row *row, void *field, const char *text)
{
	return is_utf8(text) && set_list(row, field, text);
}

static bool set_host(const struct row *row, void *field, const char *text)
{
	return (strcmp(text, "127.0.0.1") == 0 || strcmp(text, "::1") == 0) &&
		set_text(row, field, text);
}

static bool set_latency(const struct row *row, void *field, const char *text)
{
	(void)row;
	return latency_parse(field, text);
}

static bool set_busy_status(const struct row *row, void *field, const char *text)
{
	int64_t *status = field;
	(void)row;
	return units_parse_int(span_of(text), status) &&
		(*status == 429 || *status == 503 || *status == 529);
}

static bool set_answer(const struct row *row, void *field, const char *text)
{
	struct answer_style *style = field;
	int64_t words_n;
	(void)row;
	*style = (struct answer_style){ .kind = ANSWER_ECHO };
	if (strcmp(text, "echo") == 0)
		return true;
	if (strncmp(text, "fixed:", 6) == 0) {
		style->kind = ANSWER_FIXED;
		style->fixed = span_of(text + 6);
		return is_utf8(text);
	}
	style->kind = ANSWER_WORDS;
	if (strncmp(text, "words:", 6) != 0 || !units_parse_int(span_of(text + 6), &words_n))
		return false;
	style->words_n = (uint64_t)words_n;
	return words_n >= 1 && words_n <= ANSWER_WORDS_MAX;
}

static bool set_family(const struct row *row, void *field, const char *text)
{
	(void)row;
	return family_parse(text, field);
}

/* `no` sets the flag. */
static bool set_no(const struct row *row, void *field, const char *text)
{
	bool *flag = field;
	(void)row;
	*flag = strcmp(text, "no") == 0;
	return *flag || strcmp(text, "yes") == 0;
}

static bool set_dialect(const struct row *row, void *field, const char *text)
{
	return dialect_is_vendor(text) && set_text(row, field, text);
}

static bool set_ms(const struct row *row, void *field, const char *text)
{
	int64_t *ms = field;
	(void)row;
	return units_parse_ms(span_of(text), ms) && *ms <= LATENCY_MAX_MS;
}

/* "10m" is ahead, "-10m" behind. */
static bool set_skew(const struct row *row, void *field, const char *text)
{
	int64_t *ms = field;
	bool is_behind = *text == '-';
	(void)row;
	if (!units_parse_ms(span_of(text + is_behind), ms) || *ms > SKEW_MAX_MS)
		return false;
	*ms = is_behind ? -*ms : *ms;
	return true;
}

static bool set_rogue(const struct row *row, void *field, const char *text)
{
	static const struct {
		const char *name;
		enum embed_rogue rogue;
	} names[] = { { "floats", ROGUE_FLOATS }, { "base64", ROGUE_BASE64 },
		{ "reversed", ROGUE_REVERSED }, { "unindexed", ROGUE_UNINDEXED },
		{ "repeated", ROGUE_REPEATED }, { "left-out", ROGUE_LEFT_OUT },
		{ "short", ROGUE_SHORT }, { "null", ROGUE_NULL }, { "long", ROGUE_LONG } };
	unsigned *rogue = field;
	(void)row;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i].name, text) != 0)
			continue;
		*rogue |= (unsigned)names[i].rogue;
		return true;
	}
	return false;
}

static bool set_tls_flaw(const struct row *row, void *field, const char *text)
{
	enum tls_flaw *flaw = field;
	(void)row;
	return tls_flaw_parse(text, flaw);
}

#define ROW(name, argument, member, set, help)                                    \
	{                                                                         \
		name, argument, help, offsetof(struct options, member), set, 0, 0 \
	}
#define WHOLE(name, argument, member, min, max, help)                                       \
	{                                                                                   \
		name, argument, help, offsetof(struct options, member), set_whole, min, max \
	}

static const struct row rows[] = {
	WHOLE("port", "N", port, 0, 65535, "listen on this port (default 0: any)"),
	ROW("host", "ADDRESS", host, set_host, "listen on 127.0.0.1 (default) or ::1"),
	ROW("port-file", "FILE", port_file, set_text, "write the base URL to FILE too"),
	ROW("model", "NAME", models, set_model,
		"a model that is served (repeatable; default mock)"),
	ROW("strict-model", NULL, strict_model, set_flag, "answer 404 for any other model"),
	ROW("key", "KEY", keys, set_list, "accept only this key (repeatable; default any or none)"),
	ROW("aws-secret", "KEY", aws_secret, set_text,
		"check that requests to Bedrock are signed with KEY"),
	ROW("dialect", "NAME", dialect, set_dialect,
		"what /v1 speaks: openai (default), azure, mistral, vllm, jina, voyage"),
	ROW("answer", "STYLE", answer, set_answer, "echo (default), words:N or fixed:TEXT"),
	WHOLE("dimensions", "N", embed.dimensions, 1, MEANING_MAX,
		"numbers of a vector, unless a request says (default 64)"),
	WHOLE("embed-items", "N", embed.items, 1, RATE_MAX,
		"most texts of a request for vectors (default the vendor's)"),
	WHOLE("embed-item-tokens", "N", embed.item_tokens, 1, RATE_MAX,
		"most tokens of such a text (likewise)"),
	WHOLE("embed-tokens", "N", embed.tokens, 1, RATE_MAX,
		"most tokens of all its texts (likewise)"),
	ROW("name-index", NULL, embed.names_index, set_flag,
		"say which text it is that a request is refused for"),
	ROW("embed-rogue", "HOW", embed.rogue, set_rogue,
		"floats, base64, reversed, unindexed, repeated, left-out, short, null, long"),
	ROW("embed-pad", "SIZE", embed.pad_bytes, set_size, "white space before each vector"),
	ROW("latency", "SPEC", latency, set_latency, "50ms, 20ms-1s or lognormal:200ms,0.8"),
	ROW("ttft", "SPEC", ttft, set_latency, "likewise, to the first chunk of a stream"),
	ROW("chunk-gap", "SPEC", chunk_gap, set_latency,
		"likewise, between two chunks of a stream"),
	ROW("latency-per-item", "DUR", embed.item_ms, set_ms, "so much more for each text"),
	WHOLE("rpm", "N", rpm, 1, RATE_MAX, "requests per minute"),
	WHOLE("tpm", "N", tpm, 1, RATE_MAX, "tokens per minute"),
	WHOLE("burst", "N", burst, 1, RATE_MAX,
		"capacity of the bucket (default a minute's worth)"),
	ROW("ratelimit-headers", "FAMILY", family, set_family,
		"told as openai, azure, anthropic, groq, mistral, none (default: the API's own)"),
	ROW("retry-after", "yes|no", no_hints, set_no,
		"whether a 429 says when to come again (default yes)"),
	WHOLE("concurrency", "N", concurrency, 1, RATE_MAX, "requests worked on at once"),
	ROW("concurrency-status", "STATUS", concurrency_status, set_busy_status,
		"what one more gets: 503 (default), 429 or 529"),
	ROW("error-rate", "SHARE", error_rate, set_share, "share of requests that fail, 0 to 1"),
	WHOLE("error-status", "STATUS", error_status, 400, 599, "how they fail (default 500)"),
	ROW("drop-rate", "SHARE", drop_rate, set_share, "share whose connection is closed, 0 to 1"),
	WHOLE("quota-after", "N", quota_after, 0, INT64_MAX,
		"after N answers every request gets 429 insufficient_quota"),
	ROW("quota-key", "KEY", quota_keys, set_list,
		"this only with this key (repeatable; N is then 0 by default)"),
	WHOLE("seed", "N", seed, 0, INT64_MAX, "seed of all chance (default 0)"),
	ROW("max-body", "SIZE", max_body_bytes, set_size, "largest request body (default 64M)"),
	ROW("clock-skew", "DUR", clock_skew_ms, set_skew,
		"how far the clock in Date is ahead; -10m: behind"),
	ROW("tls", NULL, tls, set_flag, "speak HTTPS with a certificate made at start"),
	ROW("ca-file", "FILE", ca_file, set_text, "write the certificate authority to FILE (PEM)"),
	ROW("tls-bad", "FLAW", tls_flaw, set_tls_flaw, "wrong-host, expired or self-signed"),
	ROW("stay", NULL, stay, set_flag, "live on when the parent process dies"),
	ROW("quiet", NULL, quiet, set_flag, "no summary on stderr at the end"),
	ROW("help", NULL, help, set_flag, "print this and exit"),
	ROW("version", NULL, version, set_flag, "print the version and exit"),
};

enum { ROWS_N = sizeof rows / sizeof *rows };

void options_print_help(void)
{
	printf("Usage: pllm-mock [OPTION]...\n"
	       "The APIs of language models on loopback, to rehearse and test with.\n"
	       "Prints its base URL, then serves until INT, TERM or the death of its parent.\n\n");
	for (size_t i = 0; i < ROWS_N; i++) {
		const char *argument = rows[i].argument ? rows[i].argument : "";
		int n = printf("  --%s%s%s", rows[i].name, *argument ? " " : "", argument);
		printf("%*s%s\n", n < HELP_COLUMN ? HELP_COLUMN - n : 1, "", rows[i].help);
	}
	printf("\nA prompt may contain [[mock:429@2,drop,200]] (what attempts 1, 2, 3 get) and\n"
	       "[[answer:TEXT]]; see pllm-mock(1).\n");
}

void options_print_version(void)
{
	puts("pllm-mock " PACKAGE_VERSION);
}

static bool point_to_help(void)
{
	fputs("Try 'pllm-mock --help'.\n", stderr);
	return false;
}

static bool complain(const char *problem)
{
	fprintf(stderr, "pllm-mock: %s\n", problem);
	return point_to_help();
}

static bool is_consistent(const struct options *o)
{
	if (!o->tls && (o->ca_file || o->tls_flaw))
		return complain("--ca-file and --tls-bad need --tls");
	if (o->burst && !o->rpm && !o->tpm)
		return complain("--burst needs --rpm or --tpm");
	return true;
}

static bool set_row(struct options *o, const struct row *row, const char *text)
{
	char problem[200];
	if (row->set(row, (char *)o + row->field, text))
		return true;
	snprintf(problem, sizeof problem, "--%s %.100s: not acceptable; wanted: %s", row->name,
		text, row->help);
	return complain(problem);
}

bool options_read(struct options *o, int argc, char **argv)
{
	struct option longs[ROWS_N + 1] = { 0 };
	int index;
	*o = (struct options){ .host = "127.0.0.1",
		.error_status = 500,
		.concurrency_status = 503,
		.quota_after = -1,
		.family = FAMILY_OWN,
		.embed = { .dimensions = 64 },
		.max_body_bytes = (uint64_t)64 << 20 };
	for (int i = 0; i < ROWS_N; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].argument ? required_argument : no_argument;
		longs[i].val = i;
	}
	while ((index = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (index < 0 || index >= ROWS_N)
			return point_to_help(); /* getopt has said what is wrong */
		if (!set_row(o, &rows[index], optarg))
			return false;
	}
	if (optind < argc)
		return complain("takes no arguments but options");
	if (o->quota_keys.n > 0 && o->quota_after < 0)
		o->quota_after = 0;
	if (o->models.n == 0)
		o->models.at[o->models.n++] = "mock";
	return is_consistent(o);
}
