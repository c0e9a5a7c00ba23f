/* SPDX-License-Identifier: MIT */
#include "app/endpoint_text.h"

#include "api/api.h"
#include "t.h"

#include <string.h>

TEST("an endpoint is cut into its URL and what follows it")
{
	struct endpoint_text t = { 0 };
	struct err err;
	CHECK(endpoint_text_parse(&t,
		"http://h/v1,api=openai,model=a/b=c,key-env=K,weight=0.5,max=100000,rpm=1,tpm=90000",
		&err));
	CHECK_STR(t.base, "http://h/v1");
	CHECK(t.api == &api_openai);
	CHECK_STR(t.model, "a/b=c");
	CHECK_STR(t.key_env, "K");
	CHECK(t.weight > 0.49 && t.weight < 0.51);
	CHECK_INT(t.max, 100000);
	CHECK_INT(t.rpm, 1);
	CHECK_INT(t.tpm, 90000);
	endpoint_text_release(&t);
}

TEST("what is not said of an endpoint is not there, and of what is said twice the last counts")
{
	struct endpoint_text t = { 0 };
	struct err err;
	CHECK(endpoint_text_parse(&t, "nonsense", &err));
	CHECK_STR(t.base, "nonsense");
	CHECK(!t.api && !t.model && !t.key_env && !(t.weight > 0) && !t.max && !t.rpm && !t.tpm);
	endpoint_text_release(&t);
	CHECK(endpoint_text_parse(&t, "http://h,model=a,max=1,model=b,max=2", &err));
	CHECK_STR(t.model, "b");
	CHECK_INT(t.max, 2);
	endpoint_text_release(&t);
}

TEST("a fallback is a model, a URL, or both, in any order")
{
	static const struct {
		const char *text, *base, *model;
	} rows[] = {
		{ "big", NULL, "big" },
		{ "meta/big:free", NULL, "meta/big:free" },
		{ "http://h/v1", "http://h/v1", NULL },
		{ "http://h/v1,big", "http://h/v1", "big" },
		{ "big,rpm=7,http://h/a=b", "http://h/a=b", "big" },
		{ "http://h/v1,model=big", "http://h/v1", "big" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct endpoint_text t = { 0 };
		struct err err;
		CHECK(endpoint_text_parse_fallback(&t, rows[i].text, &err));
		CHECK_STR(t.base, rows[i].base);
		CHECK_STR(t.model, rows[i].model);
		CHECK_INT(t.rpm, strstr(rows[i].text, "rpm=") ? 7 : 0);
		endpoint_text_release(&t);
	}
}

TEST("what is wrong with an endpoint is said, but for what may be a password")
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "http://h,weight=0",
			"weight=0: not understood" LOG_HELP "expected a number above 0" },
		{ "http://h,weight=-1", "weight=-1: not understood" LOG_HELP "expected" },
		{ "http://h,weight=inf", "weight=inf: not understood" LOG_HELP "expected" },
		{ "http://h,max=0",
			"max=0: not understood" LOG_HELP
			"expected a whole number from 1 to 100000" },
		{ "http://h,max=100001", "max=100001: not understood" LOG_HELP "expected" },
		{ "http://h,rpm=1.5",
			"rpm=1.5: not understood" LOG_HELP "expected a whole number" },
		{ "http://h,tpm=1k", "tpm=1k: not understood" LOG_HELP "expected a whole number" },
		{ "http://h,model=", "nothing after model=" },
		{ "http://h,key-env=", "nothing after key-env=" },
		{ "http://h,api=x", "unknown API \"x\"" },
		{ "http://h,colour=red", "\"colour=red\" is none of" },
		{ "http://h,big", "\"big\" is none of" },
		{ "http://h,", "none of" },
		{ "http://h,http://g", "two URLs" },
		{ "http://h,x=u:canary@g", "none of" },
		{ "http://h,http://u:canary@g", "two URLs" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct endpoint_text t = { 0 };
		struct err err = { 0 };
		CHECK(!endpoint_text_parse(&t, rows[i].text, &err));
		CHECK(strncmp(err.msg, "--endpoint: ", 12) == 0);
		CHECK(strstr(err.msg, rows[i].says));
		CHECK(!strstr(err.msg, "canary"));
		endpoint_text_release(&t);
	}
}

TEST("a fallback that names nothing, or two of a thing, is refused")
{
	static const char *const wrong[] = { "rpm=5", ",", "a,", "a,b", "a,b=c", "model=a,b",
		"http://h,http://h" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct endpoint_text t = { 0 };
		struct err err = { 0 };
		CHECK(!endpoint_text_parse_fallback(&t, wrong[i], &err));
		CHECK(strncmp(err.msg, "--fallback: ", 12) == 0);
		endpoint_text_release(&t);
	}
}
