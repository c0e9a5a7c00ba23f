/* SPDX-License-Identifier: MIT */
/* The first parts of what pllm doctor says: the program, and what it was told, by whom. */
#include "app/address.h"
#include "app/doctor_part.h"
#include "app/origin.h"
#include "app/process.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VALUE_MAX_BYTES = 1000, NUMBER_LETTERS_MAX = 40 };

void doctor_program(struct doctor *d)
{
	doctor_begin(d, "program");
	doctor_say(d, FINDING_OK, "version", "%s", PACKAGE_VERSION);
	doctor_say(d, FINDING_OK, "libraries", "%s", process_libraries());
}

/* The file has been read by now, and refused if others could have written it. */
static void look_at_file(struct doctor *d)
{
	const struct config_file_opts *o = &d->config->file;
	struct stat s;
	char *path = config_path(o);
	if (o->is_off)
		doctor_say(d, FINDING_OK, "file", "none is read: --no-config");
	else if (!path)
		doctor_say(d, FINDING_NOTE, "file", "none can be found: HOME %s",
			getenv("HOME") ? "is not an absolute path" : "is not set");
	else if (stat(path, &s) != 0)
		doctor_say(d, FINDING_NOTE, "file", "there is none; it would be %s", path);
	else
		doctor_say(d, FINDING_OK, "file", "%s, %s, mode %04o%s%s", path,
			s.st_uid == geteuid() ? "yours" : "of another user",
			(unsigned)(s.st_mode & 07777), o->profile ? ", profile " : "",
			o->profile ? o->profile : "");
	free(path);
}

void doctor_put_url(struct buf *out, const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	size_t authority_n = strcspn(host, "/?#,");
	const char *at = memrchr(host, '@', authority_n);
	buf_put(out, url, (size_t)(host - url));
	if (at) {
		buf_put_str(out, "***@");
		host = at + 1;
	}
	/* Some have a key in the query. */
	size_t n = strcspn(host, "?");
	buf_put(out, host, n);
	if (!host[n])
		return;
	buf_put_str(out, "?***");
	buf_put_str(out, host + n + strcspn(host + n, ","));
}

/* How much of an option's values may be shown. */
enum shown { SHOWN_WHOLE, SHOWN_AS_URL, SHOWN_NAME, SHOWN_SIZE, SHOWN_NUMBER, SHOWN_NOT };

static enum shown shown_of(const char *option)
{
	static const struct {
		const char *option;
		enum shown shown;
	} rows[] = { { "endpoint", SHOWN_AS_URL }, { "fallback", SHOWN_AS_URL },
		{ "header", SHOWN_NAME }, { "key-cmd", SHOWN_NOT }, { "prompt", SHOWN_SIZE },
		{ "system", SHOWN_SIZE }, { "item", SHOWN_SIZE }, { "image", SHOWN_SIZE },
		{ "param", SHOWN_NUMBER } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].option, option) == 0)
			return rows[i].shown;
	return SHOWN_WHOLE;
}

/* KEY=JSON: numbers and words are no secrets. */
static void put_number(struct buf *out, const char *value)
{
	size_t n = strcspn(value, "=");
	const char *json = value + n;
	bool is_plain = json[0] && !strpbrk(json, "\"[{") && strlen(json) <= NUMBER_LETTERS_MAX;
	buf_put(out, value, n);
	buf_put_str(out, is_plain ? json : "=...");
}

static void put_value(struct buf *out, enum shown shown, const char *value)
{
	if (shown == SHOWN_WHOLE) {
		buf_put_str(out, value);
	} else if (shown == SHOWN_AS_URL) {
		doctor_put_url(out, value);
	} else if (shown == SHOWN_NAME) {
		buf_put(out, value, strcspn(value, ":"));
		buf_put_str(out, ": ...");
	} else if (shown == SHOWN_SIZE) {
		buf_put_str(out, "text of ");
		buf_put_int(out, (long long)strlen(value));
		buf_put_str(out, " bytes");
	} else if (shown == SHOWN_NUMBER) {
		put_number(out, value);
	} else {
		buf_put_str(out, "not shown");
	}
}

static void say_value(struct doctor *d, const struct origin *origin)
{
	enum shown shown = shown_of(origin->option);
	/* On a command line the place says what the name does. */
	bool has_place = origin->kind != ORIGIN_COMMAND_LINE;
	struct buf text;
	buf_init(&text, VALUE_MAX_BYTES);
	for (size_t i = 0; i < origin->values.n; i++) {
		buf_put_str(&text, i > 0 ? ", " : "");
		put_value(&text, shown, origin->values.items[i]);
	}
	if (origin->values.n == 0)
		buf_put_str(&text, "none");
	doctor_say(d, FINDING_OK, origin->option, "%.*s%s (%s%s%s)", (int)text.len, text.data,
		text.is_full ? "..." : "", origin_kind_name(origin->kind), has_place ? ", " : "",
		has_place ? origin->place : "");
	buf_release(&text);
}

/* A value that no option gave: env is the variable that did, "" or NULL = it is built in. */
static void say_found(struct doctor *d, const char *name, const char *value, const char *env)
{
	bool has_env = env && *env;
	doctor_say(d, FINDING_OK, name, "%s (%s%s%s)", value,
		origin_kind_name(has_env ? ORIGIN_ENVIRONMENT : ORIGIN_BUILT_IN),
		has_env ? ", " : "", has_env ? env : "");
}

static bool was_said(const struct endpoints *list, unsigned index)
{
	for (unsigned i = 0; i < index; i++)
		if (list->items[i].base_env &&
			strcmp(list->items[i].name, list->items[index].name) == 0)
			return true;
	return false;
}

/* What an endpoint takes from the vendor's variables, or for want of them. */
static void say_endpoint(struct doctor *d, const struct endpoint *e, bool is_base_said)
{
	static const char version[] = "?api-version=";
	bool has_version = e->query && strncmp(e->query, version, sizeof version - 1) == 0;
	if (e->base_env && !is_base_said)
		say_found(d, "endpoint", e->name, e->base_env);
	if (e->aws && !strstr(e->origin, e->aws->region))
		say_found(d, "region", e->aws->region, address_region_env());
	if (has_version && !strstr(e->name, version))
		say_found(d, "api-version", e->query + sizeof version - 1, address_version_env());
}

void doctor_configuration(struct doctor *d)
{
	static const char *const own[] = { "live", "json" };
	const struct origins *origins = &d->config->origins;
	doctor_begin(d, "configuration");
	look_at_file(d);
	for (size_t i = 0; i < origins->n; i++) {
		const struct origin *origin = &origins->items[i];
		bool is_own =
			strcmp(origin->option, own[0]) == 0 || strcmp(origin->option, own[1]) == 0;
		if (origin->kind != ORIGIN_BUILT_IN && !is_own)
			say_value(d, origin);
	}
	for (unsigned i = 0; i < d->endpoints.n; i++)
		say_endpoint(d, &d->endpoints.items[i], was_said(&d->endpoints, i));
}
