/* SPDX-License-Identifier: MIT */
/*
 * Expectations are those of AWS's own test suite for Signature Version 4 (whose key, region and
 * service these are), or were computed by botocore.
 */
#include "io/sigv4.h"

#include "base/xalloc.h"
#include "t.h"

#include <stdlib.h>
#include <string.h>

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define SUITE_S 1440938160 /* 2015-08-30T12:36:00Z */
#define JSON "Content-Type: application/json"
#define CLAUDE "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse"
#define PROFILE                                                                        \
	"/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2F" \
	"eu.amazon.nova-lite-v1%3A0/converse-stream"

static bool sign(struct strings *lines, const struct sigv4_request *r, const char *token,
	int64_t wall_s, struct err *err)
{
	char id[] = KEY_ID, secret[] = SECRET, region[] = "us-east-1";
	char *own = token ? xstrdup(token) : NULL;
	struct aws_key key = { .id = id, .secret = secret, .token = own, .region = region };
	bool ok = sigv4_sign(&key, r, wall_s, lines, err);
	free(own);
	return ok;
}

/* Checks the signed headers and the signature of one of the suite's requests. */
static void check_suite(const struct sigv4_request *given, const char *token, const char *want)
{
	struct sigv4_request r = *given;
	struct strings lines = { 0 };
	struct err err = { 0 };
	r.service = "service";
	char *line = xasprintf("Authorization: AWS4-HMAC-SHA256 Credential=" KEY_ID
			       "/20150830/us-east-1/service/aws4_request, SignedHeaders=%s",
		want);
	if (CHECK(sign(&lines, &r, token, SUITE_S, &err))) {
		CHECK_INT(lines.n, token ? 3 : 2);
		CHECK_STR(lines.items[0], "X-Amz-Date: 20150830T123600Z");
		CHECK_STR(lines.items[lines.n - 1], line);
	} else {
		CHECK_STR(err.msg, "no error");
	}
	free(line);
	strings_release(&lines);
}

TEST("requests of AWS's test suite are signed as it says")
{
	static const struct {
		const char *method, *target, *want;
	} cases[] = {
		{ "GET", "/", /* get-vanilla */
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		{ "GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		{ "POST", "/", /* post-vanilla */
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
		{ "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
			"07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
		{ "GET", "/\xe1\x88\xb4", /* get-utf8 */
			"8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
		{ "GET", "/example space/", /* get-space-normalized */
			"652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
		{ "GET", "//example//", /* get-slashes-normalized */
			"9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
		{ "GET", "/./example", /* get-slash-pointless-dot-normalized */
			"ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5" },
		{ "GET", "/./", /* get-slash-dot-slash-normalized */
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		{ "GET", "//", /* get-slash-normalized */
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		{ "GET", "/example1/example2/../..", /* get-relative-relative-normalized */
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		{ "GET", "/../..",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		{ "GET", "/?Param2=value2&Param1=value1", /* get-vanilla-query-order-key-case */
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
		{ "GET", "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1", /* -order-encoded */
			"371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac" },
		{ "GET", "?\xe1\x88\xb4=bar", /* get-vanilla-utf8-query */
			"2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
		{ "POST", "/?Param1=value1#here", /* post-vanilla-query */
			"28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *url = xasprintf("https://example.amazonaws.com%s", cases[i].target);
		char *want = xasprintf("host;x-amz-date, Signature=%s", cases[i].want);
		check_suite(&(struct sigv4_request){ .method = cases[i].method, .url = url }, NULL,
			want);
		free(url);
		free(want);
	}
}

TEST("headers are signed in the order of their names, whatever theirs is")
{
	static const char *const trim[] = { "My-Header2: \"a   b   c\"", "My-Header1: value1" };
	static const char *const spaced[] = { "my-header1:\tvalue1 ",
		"MY-HEADER2:  \"a \t b c\"  " };
	static const char want[] =
		"host;my-header1;my-header2;x-amz-date, "
		"Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736";
	struct sigv4_request r = { .method = "GET",
		.url = "https://example.amazonaws.com/",
		.headers = trim,
		.headers_n = 2 };
	check_suite(&r, NULL, want); /* get-header-value-trim */
	r.headers = spaced;
	check_suite(&r, NULL, want);
}

TEST("the body is signed")
{
	static const char *const form[] = { "Content-Type: application/x-www-form-urlencoded" };
	struct sigv4_request r = { .method = "POST",
		.url = "https://example.amazonaws.com/",
		.headers = form,
		.headers_n = 1,
		.body = SPAN("Param1=value1") };
	check_suite(&r, NULL, /* post-x-www-form-urlencoded */
		"content-type;host;x-amz-date, "
		"Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST("a session's token is sent and signed, an empty one is none")
{
	static const char *const tokens[] = {
		"6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
		"AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAe"
		"MicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phU"
		"ZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38x"
		"Vqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2"
		"ICCR/oLxBA=="
	};
	struct sigv4_request r = { .method = "GET", .url = "https://example.amazonaws.com/" };
	check_suite(&r, tokens[0], /* get-vanilla-with-session-token */
		"host;x-amz-date;x-amz-security-token, "
		"Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
	r.method = "POST";
	check_suite(&r, tokens[1], /* post-sts-header-before */
		"host;x-amz-date;x-amz-security-token, "
		"Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
	struct strings lines = { 0 };
	struct err err = { 0 };
	r.service = "service";
	CHECK(sign(&lines, &r, "T", SUITE_S, &err) && sign(&lines, &r, "", SUITE_S, &err));
	if (CHECK_INT(lines.n, 5))
		CHECK_STR(lines.items[1], "X-Amz-Security-Token: T");
	strings_release(&lines);
}

struct expectation {
	const char *region, *url, *token;
	int64_t wall_s;
	const char *time, *want; /* without its beginning */
};

static void check_botocore(const struct expectation *e, struct sigv4_request r)
{
	char id[] = KEY_ID, secret[] = SECRET;
	char *region = xstrdup(e->region), *token = e->token ? xstrdup(e->token) : NULL;
	const struct aws_key key = { .id = id, .secret = secret, .token = token, .region = region };
	struct strings lines = { 0 };
	struct err err = { 0 };
	r.method = "POST";
	r.url = e->url;
	char *line =
		xasprintf("Authorization: AWS4-HMAC-SHA256 Credential=" KEY_ID "/%.8s/%s/%s/%s",
			e->time, e->region, r.service, e->want);
	char *date = xasprintf("X-Amz-Date: %s", e->time);
	if (CHECK(sigv4_sign(&key, &r, e->wall_s, &lines, &err))) {
		CHECK_STR(lines.items[0], date);
		CHECK_STR(lines.items[lines.n - 1], line);
	}
	strings_release(&lines);
	free(date);
	free(line);
	free(region);
	free(token);
}

TEST("models with colons and slashes in their names are signed as botocore does")
{
	static const char *const json[] = { JSON };
	struct sigv4_request r = { .service = "bedrock",
		.headers = json,
		.headers_n = 1,
		.body = SPAN("{\"messages\":[]}") };
	check_botocore(&(struct expectation){ "us-east-1",
			       "https://bedrock-runtime.us-east-1.amazonaws.com" CLAUDE, NULL,
			       1767225599, "20251231T235959Z",
			       "aws4_request, SignedHeaders=content-type;host;x-amz-date, "
			       "Signature=5aa3abcd0701585b42617380dbce635b2fbd67ff6fcd096587b7addf"
			       "54f6ad03" },
		r);
	check_botocore(&(struct expectation){ "eu-west-1",
			       "https://bedrock-runtime.eu-west-1.amazonaws.com" PROFILE,
			       "AQoDYXdzEPT//EXAMPLE==", 1709164800, "20240229T000000Z",
			       "aws4_request, SignedHeaders=content-type;host;x-amz-date;"
			       "x-amz-security-token, "
			       "Signature=5ae45b87774b3bc81b1f351872559383974d87ae967f377a83c6ccf9"
			       "ab20ce3b" },
		r);
}

TEST("ports, bytes of any value and more headers are signed as botocore does")
{
	static const char *const headers[] = { JSON, "X-Amzn-Bedrock-Trace:   ENABLED   now  " };
	struct sigv4_request r = {
		.service = "bedrock", .headers = headers, .headers_n = 2, .body = SPAN("\0\xff")
	};
	check_botocore(
		&(struct expectation){ "us-west-2", "http://127.0.0.1:8080/model/m%3A0/converse",
			"t", 0, "19700101T000000Z",
			"aws4_request, SignedHeaders=content-type;host;x-amz-date;"
			"x-amz-security-token;x-amzn-bedrock-trace, "
			"Signature=0688f833daaf82ba7a9887d7d3f1c3b3a40060d617653f2adeed8c64"
			"e8a2bc93" },
		r);
}

TEST("what a URL need not say makes no difference")
{
	const struct sigv4_request r = { .service = "service" };
	static const char *const urls[] = { "https://h.example:443//a/./b/../c%20d//?b=2&a=3&a=1&c",
		"HTTPS://h.example/a/c%20d/?a=1&a=3&b=2&c=",
		"https://h.example:/a/c%20d/?c&&b=2&a=1&a=3&" };
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		check_botocore(&(struct expectation){ "us-east-1", urls[i], NULL, 951782400,
				       "20000229T000000Z",
				       "aws4_request, SignedHeaders=host;x-amz-date, "
				       "Signature=b895424f06cba10dbc732d612b9003529b9ec3171c69fd32"
				       "9eac056c4759a6b2" },
			r);
}

/* True if the two URLs get the same signature. */
static bool are_signed_alike(const char *one, const char *other)
{
	struct strings lines = { 0 };
	struct err err = { 0 };
	struct sigv4_request r = { .method = "POST", .service = "bedrock", .url = one };
	CHECK(sign(&lines, &r, NULL, SUITE_S, &err));
	r.url = other;
	CHECK(sign(&lines, &r, NULL, SUITE_S, &err));
	bool are_alike = CHECK_INT(lines.n, 4) && strcmp(lines.items[1], lines.items[3]) == 0;
	strings_release(&lines);
	return are_alike;
}

TEST("a port that is the other scheme's usual one is part of the host")
{
	CHECK(are_signed_alike("http://h:80/", "http://h/"));
	CHECK(are_signed_alike("https://h:443/", "https://h/"));
	CHECK(!are_signed_alike("http://h:443/", "http://h/"));
	CHECK(!are_signed_alike("https://h:80/", "https://h/"));
	CHECK(are_signed_alike("https://[::1]:443/", "https://[::1]/"));
}

TEST("an equals sign in a value is encoded, the one before it is not")
{
	CHECK(are_signed_alike("https://h/?a=b=c", "https://h/?a=b%3Dc"));
	CHECK(!are_signed_alike("https://h/?a=b=c", "https://h/?a=bc"));
}

TEST("every byte of a path is encoded once more, and times are good to the last")
{
	const struct sigv4_request r = { .service = "service", .body = SPAN("x") };
	check_botocore(&(struct expectation){ "us-east-1", "https://h.example/x=y/~z*/", NULL,
			       4102444799, "20991231T235959Z",
			       "aws4_request, SignedHeaders=host;x-amz-date, "
			       "Signature=d0f61d0788a57e3925042e8306a83c7da6300d0305837422b1cef7aa"
			       "75fdc138" },
		r);
	check_botocore(&(struct expectation){ "us-east-1", "https://[::1]:8443", NULL, 253402300799,
			       "99991231T235959Z",
			       "aws4_request, SignedHeaders=host;x-amz-date, "
			       "Signature=a9c57245e098f5433f337c6589ed07334c6ced694b4e823cc9cba31a"
			       "ccc7f521" },
		r);
}

static void check_refused(struct sigv4_request r, int64_t wall_s, const char *words)
{
	struct strings lines = { 0 };
	struct err err = { 0 };
	r.service = "bedrock";
	r.method = "POST";
	CHECK(!sign(&lines, &r, "hunter2", wall_s, &err));
	CHECK_INT(lines.n, 0);
	CHECK_INT(err.kind, ERR_KEY);
	CHECK(strstr(err.msg, "hunter2") == NULL);
	if (!CHECK(strstr(err.msg, words) != NULL))
		CHECK_STR(err.msg, words);
	strings_release(&lines);
}

TEST("what cannot be signed is refused")
{
	static const char *const urls[] = { "", "h", "//h/", "ftp://h/", "https:/h", "https:h",
		"https:", "httpss://h/", "http" };
	static const char *const headers[] = { "X-Amz-Date: hunter2",
		"x-amz-security-token: hunter2", "HOST: hunter2", "no colon", ": hunter2",
		"a b: hunter2", "a\t:hunter2", "", "a: hunter2\r\nb: c", "a: b\n" };
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		check_refused((struct sigv4_request){ .url = urls[i] }, 0, "not http or https");
	check_refused((struct sigv4_request){ .url = "https://" }, 0, "no host");
	check_refused((struct sigv4_request){ .url = "https:///a" }, 0, "no host");
	check_refused((struct sigv4_request){ .url = "https://:443/a" }, 0, "no host");
	check_refused((struct sigv4_request){ .url = "https://hunter2@h/a" }, 0, "has a user");
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		check_refused(
			(struct sigv4_request){
				.url = "https://h/", .headers = &headers[i], .headers_n = 1 },
			0, i < 3 ? "is there twice" : "is not 'Name: value'");
	check_refused((struct sigv4_request){ .url = "https://h/" }, -1, "clock");
	check_refused((struct sigv4_request){ .url = "https://h/" }, 253402300800, "clock");
}
