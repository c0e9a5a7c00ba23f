/* SPDX-License-Identifier: MIT */
#include "app/endpoints.h"

#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const variables[] = { "OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY",
	"ANTHROPIC_BASE_URL", "OLLAMA_HOST", "KEY_A", "KEY_B" };

/* Options' values, which are owned elsewhere and so not const. */
static char text_m[] = "m", text_openai_m[] = "openai/m", text_openai[] = "openai",
	    text_none[] = "none", text_nowhere[] = "/nowhere", text_key_a[] = "KEY_A";

/* What the command line would have said, and what became of it. */
struct world {
	struct endpoint_opts opts;
	struct plan plan;
	struct endpoints list;
	struct err err;
};

/* Has the usual model be that, or the record's own. */
static void set_model(struct world *w, char *name)
{
	w->plan.models[0] = (struct plan_model){ .name = name, .is_usual = true };
	w->plan.models_n = 1;
}

/* Has steps name these models, up to a NULL, and none the usual one. */
static void set_models(struct world *w, const char *const *names)
{
	w->plan.models_n = 0;
	for (; *names; names++)
		w->plan.models[w->plan.models_n++].name = (char *)(uintptr_t)*names;
	w->plan.models[0].is_usual = false;
}

#define MODELS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* An environment with keys for the run and for two others; -m m. */
static void start(struct world *w)
{
	*w = (struct world){ .opts = { .key = { .fd = -1 } } };
	set_model(w, text_m);
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		unsetenv(variables[i]);
	setenv("OPENAI_API_KEY", "usual-key", 1);
	setenv("KEY_A", "key-a", 1);
	setenv("KEY_B", "key-b", 1);
}

static void add_endpoint(struct world *w, const char *text)
{
	strings_add(&w->opts.endpoints, text);
}

static void add_fallback(struct world *w, const char *text)
{
	strings_add(&w->opts.fallbacks, text);
}

static bool make(struct world *w)
{
	return endpoints_make(&w->list, &w->opts, &w->plan, &w->err);
}

static void end(struct world *w)
{
	endpoints_release(&w->list);
	strings_release(&w->opts.endpoints);
	strings_release(&w->opts.fallbacks);
	strings_release(&w->opts.headers);
	strings_release(&w->opts.header_files);
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		unsetenv(variables[i]);
}

/* The key that the i-th endpoint is sent; NULL = none. */
static const char *key_of(const struct world *w, unsigned i)
{
	static const char name[] = "Authorization: Bearer ";
	const struct endpoint *e = &w->list.items[i];
	for (size_t h = 0; h < e->headers_n; h++)
		if (strncmp(e->headers[h], name, sizeof name - 1) == 0)
			return e->headers[h] + sizeof name - 1;
	return NULL;
}

/* True if it is refused with a message that has both words and no key. */
static bool is_refused(struct world *w, const char *word, const char *other)
{
	bool is_made = make(w);
	bool is_good = !is_made && err_is_usage(w->err.kind) && strstr(w->err.msg, word) &&
		strstr(w->err.msg, other) && !strstr(w->err.msg, "usual-key") &&
		!strstr(w->err.msg, "key-a");
	if (!is_good)
		printf("#   said: %s\n", is_made ? "nothing" : w->err.msg);
	return is_good;
}

TEST("without --endpoint there is one, the API's own or the one in its variable")
{
	struct world w;
	start(&w);
	CHECK(make(&w));
	CHECK_INT(w.list.n, 1);
	CHECK_STR(w.list.items[0].url, "https://api.openai.com/v1/chat/completions");
	CHECK_STR(w.list.items[0].model, "m");
	CHECK_STR(key_of(&w, 0), "usual-key");
	CHECK(w.list.items[0].tier == 0 && w.list.items[0].max == 0 &&
		!w.list.items[0].is_streamed);
	end(&w);
	start(&w);
	setenv("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1", 1);
	CHECK(make(&w));
	CHECK_STR(w.list.items[0].name, "http://127.0.0.1:8000/v1");
	end(&w);
}

TEST("the pool comes first, then each fallback in its tier, and what they say is theirs")
{
	struct world w;
	start(&w);
	w.opts.is_streamed = true;
	add_endpoint(&w, "http://127.0.0.1:1/v1,weight=2,max=3,rpm=4,tpm=5");
	add_endpoint(&w, "http://127.0.0.1:2/v1,model=other");
	add_fallback(&w, "big");
	add_fallback(&w, "http://127.0.0.1:3/v1,max=9");
	CHECK(make(&w));
	CHECK_INT(w.list.n, 4);
	CHECK_INT(endpoints_pool_n(&w.list, 0), 2);
	static const struct {
		const char *name, *model;
		int weight, max, tier;
	} want[] = {
		{ "http://127.0.0.1:1/v1", "m", 2, 3, 0 },
		{ "http://127.0.0.1:2/v1", "other", 1, 0, 0 },
		{ "http://127.0.0.1:1/v1", "big", 1, 0, 1 },
		{ "http://127.0.0.1:3/v1", "m", 1, 9, 2 },
	};
	for (unsigned i = 0; i < 4 && i < w.list.n; i++) {
		const struct endpoint *e = &w.list.items[i];
		CHECK_STR(e->name, want[i].name);
		CHECK_STR(e->model, want[i].model);
		CHECK_INT(e->weight, want[i].weight);
		CHECK_INT(e->max, want[i].max);
		CHECK_INT(e->tier, want[i].tier);
		CHECK(e->is_streamed);
	}
	CHECK(w.list.items[0].rpm == 4 && w.list.items[0].tpm == 5);
	end(&w);
}

TEST("a prefix that names the API is taken off only if nothing else says whom to ask")
{
	struct world w;
	start(&w);
	set_model(&w, text_openai_m);
	add_fallback(&w, "openai/big");
	add_fallback(&w, "https://api.openai.com:443/v1,openai/big");
	CHECK(make(&w));
	CHECK_STR(w.list.items[0].model, "m");
	CHECK_STR(w.list.items[1].model, "big");
	CHECK_STR(w.list.items[2].model, "openai/big");
	end(&w);
	start(&w);
	w.opts.api = text_openai;
	set_model(&w, text_openai_m);
	add_fallback(&w, "openai/big");
	CHECK(make(&w));
	CHECK_STR(w.list.items[0].model, "openai/m");
	CHECK_STR(w.list.items[1].model, "openai/big");
	end(&w);
}

TEST("the run's key goes to all endpoints of one origin, read once, but not where one is named")
{
	struct world w;
	int ends[2];
	start(&w);
	CHECK(pipe(ends) == 0 && write(ends[1], "fd-key\n", 7) == 7 && close(ends[1]) == 0);
	w.opts.key.fd = ends[0];
	add_endpoint(&w, "https://h.example/v1");
	add_endpoint(&w, "https://h.example/v1,key-env=KEY_A");
	add_endpoint(&w, "https://h.example/other/v1,key-env=none");
	add_fallback(&w, "big");
	CHECK(make(&w));
	CHECK_STR(key_of(&w, 0), "fd-key");
	CHECK_STR(key_of(&w, 1), "key-a");
	CHECK_STR(key_of(&w, 2), NULL);
	CHECK_STR(key_of(&w, 3), "fd-key");
	close(ends[0]);
	end(&w);
}

TEST("with several origins each one away from here names its key, and gets no other")
{
	struct world w;
	start(&w);
	add_endpoint(&w, "https://a.example/v1,key-env=KEY_A");
	add_endpoint(&w, "https://b.example/v1,key-env=KEY_B");
	add_endpoint(&w, "https://c.example/v1,key-env=none");
	add_endpoint(&w, "http://127.0.0.1:1/v1");
	add_fallback(&w, "big");
	CHECK(make(&w));
	CHECK_STR(key_of(&w, 0), "key-a");
	CHECK_STR(key_of(&w, 1), "key-b");
	CHECK_STR(key_of(&w, 2), NULL);
	CHECK_STR(key_of(&w, 3), NULL);
	CHECK_STR(key_of(&w, 4), "key-a");
	end(&w);
	/* Scheme, host and port make an origin, and one that names no key is told. */
	static const char *const others[] = { "https://b.example/v1", "https://a.example:8443/v1",
		"https://a.example.b/v1" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		start(&w);
		add_endpoint(&w, "https://a.example/v1,key-env=KEY_A");
		add_fallback(&w, others[i]);
		CHECK(is_refused(&w, others[i], ",key-env=NAME"));
		end(&w);
	}
}

TEST("a fallback at another origin does not get the run's key")
{
	struct world w;
	start(&w);
	add_fallback(&w, "https://b.example/v1,big,key-env=KEY_B");
	CHECK(is_refused(&w, "https://api.openai.com/v1", ",key-env=NAME"));
	end(&w);
}

TEST("what brings a secret for one origin is refused with two")
{
	static const char *const options[] = { "--key-fd", "--key-file", "--key-cmd", "--key-env",
		"--header-file", "--unix-socket" };
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		struct world w;
		start(&w);
		add_endpoint(&w, "https://a.example/v1,key-env=KEY_A");
		add_endpoint(&w, "http://127.0.0.1:1/v1");
		w.opts.key.fd = i == 0 ? 0 : -1;
		w.opts.key.file = i == 1 ? text_nowhere : NULL;
		w.opts.key.cmd = i == 2 ? text_nowhere : NULL;
		w.opts.key.env = i == 3 ? text_nowhere : NULL;
		if (i == 4)
			strings_add(&w.opts.header_files, text_nowhere);
		w.opts.unix_socket = i == 5 ? text_nowhere : NULL;
		CHECK(is_refused(&w, options[i], "http://127.0.0.1:1/v1"));
		end(&w);
	}
}

TEST("--key-env none holds for all origins")
{
	struct world w;
	start(&w);
	w.opts.key.env = text_none;
	add_endpoint(&w, "https://a.example/v1");
	add_endpoint(&w, "https://b.example/v1,key-env=KEY_B");
	CHECK(make(&w));
	CHECK_STR(key_of(&w, 0), NULL);
	CHECK_STR(key_of(&w, 1), "key-b");
	end(&w);
}

TEST("headers go to all endpoints, those of a file too if all are on this machine")
{
	struct world w;
	char path[] = "/tmp/endpoints_test.XXXXXX";
	int fd = mkstemp(path);
	start(&w);
	CHECK(fd >= 0 && write(fd, "X-Secret: s\n", 12) == 12 && close(fd) == 0);
	strings_add(&w.opts.header_files, path);
	strings_add(&w.opts.headers, "X-Plain: p");
	add_endpoint(&w, "http://127.0.0.1:1/v1");
	add_endpoint(&w, "http://localhost:2/v1");
	CHECK(make(&w));
	for (unsigned i = 0; i < w.list.n; i++) {
		const struct endpoint *e = &w.list.items[i];
		if (CHECK_INT(e->headers_n, 3)) {
			CHECK_STR(e->headers[1], "X-Plain: p");
			CHECK_STR(e->headers[2], "X-Secret: s");
		}
	}
	unlink(path);
	end(&w);
}

TEST("two endpoints that are one are refused, but not two keys or two models at one place")
{
	struct world w;
	start(&w);
	setenv("KEY_B", "key-a", 1);
	add_endpoint(&w, "https://a.example/v1,key-env=KEY_A");
	add_endpoint(&w, "https://a.example/v1/,key-env=KEY_B,max=5");
	CHECK(is_refused(&w, "https://a.example/v1", "twice"));
	end(&w);
	start(&w);
	add_endpoint(&w, "http://127.0.0.1:1/v1");
	add_fallback(&w, "m");
	CHECK(is_refused(&w, "http://127.0.0.1:1/v1", "twice"));
	end(&w);
	start(&w);
	add_endpoint(&w, "https://a.example/v1,key-env=KEY_A");
	add_endpoint(&w, "https://a.example/v1,key-env=KEY_B");
	add_endpoint(&w, "https://a.example/v1,key-env=KEY_B,model=n");
	CHECK(make(&w));
	end(&w);
}

TEST("64 endpoints are the most")
{
	for (unsigned n = 63; n <= 64; n++) {
		struct world w;
		start(&w);
		for (unsigned i = 0; i < n; i++) {
			char model[20];
			snprintf(model, sizeof model, "m%u", i);
			add_fallback(&w, model);
		}
		CHECK(n == 63 ? make(&w) : is_refused(&w, "65", "64"));
		end(&w);
	}
}

TEST("an endpoint that no model is named for is named")
{
	struct world w;
	struct err err;
	const struct step step = { .name = text_m, .models = { 0 }, .models_n = 1 };
	start(&w);
	set_model(&w, NULL);
	add_endpoint(&w, "http://127.0.0.1:1/v1,model=a");
	add_endpoint(&w, "http://127.0.0.1:2/v1");
	CHECK(make(&w));
	CHECK(!endpoints_check_models(&w.list, &step, &err));
	CHECK(strstr(err.msg, "http://127.0.0.1:2/v1") && !strstr(err.msg, "127.0.0.1:1"));
	endpoint_set_model(&w.list.items[1], "b");
	CHECK(endpoints_check_models(&w.list, &step, &err));
	end(&w);
}

/* Writes the list as "POOL:MODEL@PORT/SITE " for tier 0 and "+MODEL@PORT/SITE " for fallbacks. */
static const char *listed(const struct world *w)
{
	static char text[2000];
	size_t at = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < w->list.n && at < sizeof text; i++) {
		const struct endpoint *e = &w->list.items[i];
		char pool[20] = "+";
		if (e->tier == 0)
			snprintf(pool, sizeof pool, "%u:", e->pool);
		int n = snprintf(text + at, sizeof text - at, "%s%s%s@%s/%u", i ? " " : "", pool,
			e->model ? e->model : "", strrchr(e->origin, ':') + 1, e->site);
		at += n > 0 ? (size_t)n : 0;
	}
	return text;
}

TEST("each model's pool are the endpoints that name it, or else those that name none")
{
	struct world w;
	start(&w);
	set_models(&w, MODELS("a", "b"));
	add_endpoint(&w, "http://127.0.0.1:1/v1,max=3,rpm=4,tpm=5");
	add_endpoint(&w, "http://127.0.0.1:2/v1,model=b");
	add_endpoint(&w, "http://127.0.0.1:3/v1,weight=2");
	add_fallback(&w, "big");
	add_fallback(&w, "http://127.0.0.1:4/v1");
	CHECK(make(&w));
	CHECK_STR(listed(&w), "0:a@1/0 0:a@3/2 1:b@2/1 +big@1/3 +a@4/4");
	CHECK(endpoints_pool_n(&w.list, 0) == 2 && endpoints_pool_n(&w.list, 1) == 1 &&
		endpoints_pool_n(&w.list, 2) == 0);
	CHECK_INT(w.list.items[4].tier, 2);
	end(&w);
}

TEST("one endpoint for several models is one for each, of one site, with all that was said of it")
{
	struct world w;
	start(&w);
	set_models(&w, MODELS("a", "b"));
	add_endpoint(&w, "https://h.example/v1,max=3,rpm=4,tpm=5,weight=2,key-env=KEY_A");
	CHECK(make(&w));
	CHECK_INT(w.list.n, 2);
	for (unsigned i = 0; i < w.list.n; i++) {
		const struct endpoint *e = &w.list.items[i];
		CHECK_STR(e->model, i ? "b" : "a");
		CHECK(e->pool == i && e->site == 0 && e->tier == 0);
		CHECK(e->max == 3 && e->rpm == 4 && e->tpm == 5 && e->weight > 1.5);
		CHECK_STR(key_of(&w, i), "key-a");
	}
	end(&w);
}

TEST("the usual model is asked everywhere, where another is named that one")
{
	struct world w;
	start(&w);
	set_model(&w, text_m);
	w.plan.models[w.plan.models_n++].name = text_openai_m;
	add_endpoint(&w, "http://127.0.0.1:1/v1");
	add_endpoint(&w, "http://127.0.0.1:2/v1,model=other");
	add_endpoint(&w, "http://127.0.0.1:3/v1,model=openai/m");
	CHECK(make(&w));
	CHECK_STR(listed(&w), "0:m@1/0 0:other@2/1 0:openai/m@3/2 1:openai/m@3/2");
	end(&w);
}

TEST("a model that no endpoint serves is named")
{
	struct world w;
	start(&w);
	set_models(&w, MODELS("a", "b"));
	add_endpoint(&w, "http://127.0.0.1:1/v1,model=a");
	add_endpoint(&w, "http://127.0.0.1:2/v1,model=c");
	CHECK(is_refused(&w, "-m b: no --endpoint serves it: each names another model", "-m b"));
	end(&w);
}

TEST("a prefix counts for each model, and each vendor gets its own key and no other")
{
	struct world w;
	start(&w);
	setenv("ANTHROPIC_API_KEY", "anthropic-key", 1);
	set_models(&w, MODELS("openai/a", "anthropic/b", "c", "ollama/d"));
	add_fallback(&w, "anthropic/e");
	CHECK(make(&w));
	static const struct {
		const char *url, *model, *key;
	} want[] = {
		{ "https://api.openai.com/v1/chat/completions", "a", "usual-key" },
		{ "https://api.anthropic.com/v1/messages", "b", NULL },
		{ "https://api.openai.com/v1/chat/completions", "c", "usual-key" },
		{ "http://localhost:11434/api/chat", "d", NULL },
		{ "https://api.anthropic.com/v1/messages", "e", NULL },
	};
	CHECK_INT(w.list.n, 5);
	for (unsigned i = 0; i < w.list.n && i < 5; i++) {
		const struct endpoint *e = &w.list.items[i];
		bool has_anthropic = false;
		CHECK_STR(e->url, want[i].url);
		CHECK_STR(e->model, want[i].model);
		CHECK_STR(key_of(&w, i), want[i].key);
		for (size_t h = 0; h < e->headers_n; h++)
			has_anthropic |= strstr(e->headers[h], "anthropic-key") != NULL;
		CHECK_INT(has_anthropic, i == 1 || i == 4);
	}
	end(&w);
	/* Its variable names a server of its own too, whose key is in the API's variable. */
	start(&w);
	setenv("ANTHROPIC_API_KEY", "anthropic-key", 1);
	setenv("ANTHROPIC_BASE_URL", "https://gate.example", 1);
	set_models(&w, MODELS("openai/a", "anthropic/b"));
	CHECK(make(&w));
	CHECK_STR(w.list.items[1].url, "https://gate.example/v1/messages");
	CHECK_STR(
		w.list.items[1].headers[w.list.items[1].headers_n - 1], "x-api-key: anthropic-key");
	end(&w);
}

TEST("a vendor whose variable is not set is named, with the variable")
{
	struct world w;
	start(&w);
	set_models(&w, MODELS("openai/a", "anthropic/b"));
	CHECK(is_refused(&w, "https://api.anthropic.com", "set ANTHROPIC_API_KEY"));
	CHECK(!strstr(w.err.msg, "--key-file"));
	end(&w);
}

TEST("with several vendors a key that was said is nobody's, and a typed URL names its own")
{
	struct world w;
	start(&w);
	setenv("ANTHROPIC_API_KEY", "anthropic-key", 1);
	set_models(&w, MODELS("openai/a", "anthropic/b"));
	w.opts.key.env = text_key_a;
	CHECK(is_refused(&w, "--key-env", "https://api.anthropic.com"));
	end(&w);
	start(&w);
	setenv("ANTHROPIC_API_KEY", "anthropic-key", 1);
	set_models(&w, MODELS("openai/a", "anthropic/b"));
	w.opts.key.env = text_none;
	CHECK(make(&w));
	CHECK_STR(key_of(&w, 0), NULL);
	CHECK_STR(w.list.items[1].headers[w.list.items[1].headers_n - 1],
		"Content-Type: application/json");
	end(&w);
	start(&w);
	setenv("ANTHROPIC_API_KEY", "anthropic-key", 1);
	set_models(&w, MODELS("openai/a", "anthropic/b"));
	add_fallback(&w, "https://b.example/v1,big");
	CHECK(is_refused(&w, "https://b.example/v1", ",key-env=NAME"));
	end(&w);
	/* The first one's place is not that of another API. */
	start(&w);
	setenv("ANTHROPIC_API_KEY", "anthropic-key", 1);
	set_models(&w, MODELS("openai/a", "anthropic/b"));
	add_fallback(&w, "api=anthropic,c");
	CHECK(is_refused(&w, "https://api.openai.com/v1", ",key-env=NAME"));
	end(&w);
}

TEST("a prefix counts for no model if something else says whom to ask")
{
	struct world w;
	start(&w);
	set_models(&w, MODELS("openai/a", "anthropic/b"));
	add_endpoint(&w, "http://127.0.0.1:1/v1");
	CHECK(make(&w));
	CHECK_STR(listed(&w), "0:openai/a@1/0 1:anthropic/b@1/0");
	end(&w);
	start(&w);
	setenv("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1", 1);
	set_models(&w, MODELS("openai/a", "anthropic/b"));
	CHECK(make(&w));
	CHECK_STR(listed(&w), "0:openai/a@8000/0 1:anthropic/b@8000/1");
	end(&w);
}

TEST("a descriptor's key is read once for two APIs of one origin")
{
	struct world w;
	int ends[2];
	start(&w);
	CHECK(pipe(ends) == 0 && write(ends[1], "fd-key\n", 7) == 7 && close(ends[1]) == 0);
	w.opts.key.fd = ends[0];
	set_models(&w, MODELS("openai/a", "openai-responses/b"));
	CHECK(make(&w));
	CHECK_STR(key_of(&w, 0), "fd-key");
	CHECK_STR(key_of(&w, 1), "fd-key");
	close(ends[0]);
	end(&w);
}

TEST("an endpoint of several pools is not there twice, and a fallback may be another pool's model")
{
	struct world w;
	start(&w);
	set_model(&w, text_m);
	w.plan.models[w.plan.models_n++].name = text_m;
	add_endpoint(&w, "http://127.0.0.1:1/v1");
	add_fallback(&w, "m");
	CHECK(make(&w));
	CHECK_STR(listed(&w), "0:m@1/0 1:m@1/0 +m@1/1");
	end(&w);
	start(&w);
	set_models(&w, MODELS("a", "b"));
	add_endpoint(&w, "http://127.0.0.1:1/v1");
	add_endpoint(&w, "http://127.0.0.1:1/v1,max=2");
	CHECK(is_refused(&w, "http://127.0.0.1:1/v1", "twice"));
	end(&w);
	start(&w);
	set_models(&w, MODELS("a", "b"));
	add_endpoint(&w, "http://127.0.0.1:1/v1");
	add_fallback(&w, "c");
	add_fallback(&w, "c");
	CHECK(is_refused(&w, "http://127.0.0.1:1/v1", "twice"));
	end(&w);
}

TEST("64 endpoints are the most for all models together")
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k",
		"l", "m", "n", "o", "p", NULL };
	for (unsigned n = 4; n <= 8; n += 4) {
		struct world w;
		start(&w);
		set_models(&w, names);
		for (unsigned i = 1; i <= n; i++) {
			char text[40];
			snprintf(text, sizeof text, "http://127.0.0.1:%u/v1", i);
			add_endpoint(&w, text);
		}
		CHECK(n == 4 ? make(&w)
			     : is_refused(&w,
				       "128 endpoints are too many" LOG_HELP "up to 64 will do",
				       "counted once for each model"));
		CHECK_INT(w.list.n, n == 4 ? 64 : 0);
		end(&w);
	}
}

TEST("what a step needs is looked for where it is asked, and nowhere else")
{
	struct world w;
	struct err err;
	struct step first = { .name = text_m, .models = { 0 }, .models_n = 1, .has_system = true };
	struct step second = { .name = text_openai, .models = { 1 }, .models_n = 1 };
	start(&w);
	set_models(&w, MODELS("a", NULL));
	w.plan.models_n = 2;
	w.plan.models[1] = (struct plan_model){ .is_usual = true };
	add_endpoint(&w, "http://127.0.0.1:1/v1");
	add_endpoint(&w, "http://127.0.0.1:2/v1,api=openai-moderation,model=b");
	CHECK(make(&w));
	CHECK_STR(listed(&w), "0:a@1/0 1:@1/0 1:b@2/1");
	CHECK(endpoints_check_step(&w.list, &first, &err));
	CHECK(endpoints_check_models(&w.list, &first, &err));
	CHECK(!endpoints_check_models(&w.list, &second, &err));
	CHECK_STR(err.msg,
		"which model shall step openai ask at http://127.0.0.1:1/v1?" LOG_HELP
		"give -m openai=MODEL, or -m MODEL for all steps");
	second.has_system = true;
	CHECK(!endpoints_check_step(&w.list, &second, &err));
	CHECK(strstr(err.msg, "-s: openai-moderation has no place"));
	end(&w);
}

TEST("what is wrong with a key is noted at its endpoint where the options are lenient")
{
	struct world w;
	start(&w);
	w.opts.is_lenient = true;
	add_endpoint(&w, "https://a.example/v1,key-env=KEY_A");
	add_endpoint(&w, "https://b.example/v1,key-env=KEY_NOWHERE");
	add_endpoint(&w, "http://c.example/v1,key-env=KEY_B");
	if (CHECK(make(&w)) && CHECK_INT(w.list.n, 3)) {
		const struct endpoint *a = &w.list.items[0], *b = &w.list.items[1],
				      *c = &w.list.items[2];
		CHECK_STR(a->key_source, "KEY_A");
		CHECK_STR(a->key_fault, NULL);
		CHECK_STR(b->key_source, NULL);
		CHECK(b->key_fault && strstr(b->key_fault, "KEY_NOWHERE"));
		/* What would travel unencrypted is not there any more. */
		CHECK(c->key_fault && strstr(c->key_fault, "unencrypted"));
		CHECK_INT(c->headers_n, 0);
		CHECK_INT(c->secrets.n, 0);
	}
	end(&w);
}
