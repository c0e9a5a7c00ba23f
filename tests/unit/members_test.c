/* SPDX-License-Identifier: MIT */
#include "api/members.h"

#include "json/scan.h"
#include "t.h"

#include <stdlib.h>

struct item {
	const char *path;
	const char *json;
};

/* Checks what the items, up to one without a path, come to. */
static void check(const struct item *items, const char *want)
{
	struct members m;
	struct buf out;
	members_init(&m);
	buf_init(&out, 1000);
	for (; items->path; items++)
		members_add(&m, items->path, span_of(items->json));
	CHECK(members_put(&m, &out));
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
}

TEST("plain names are members one after the other, the last word on each counting")
{
	check((const struct item[]){ { NULL, NULL } }, "");
	check((const struct item[]){ { "a", "1" }, { "b", "\"x\"" }, { NULL, NULL } },
		",\"a\":1,\"b\":\"x\"");
	check((const struct item[]){ { "a", "1" }, { "b", "2" }, { "a", "3" }, { NULL, NULL } },
		",\"a\":3,\"b\":2");
}

TEST("dots lead into objects, which are written once")
{
	check((const struct item[]){ { "g.max", "1" }, { "t", "0" }, { "g.x.y", "2" },
		      { "g.x.z", "3" }, { NULL, NULL } },
		",\"g\":{\"max\":1,\"x\":{\"y\":2,\"z\":3}},\"t\":0");
	check((const struct item[]){ { "ga", "1" }, { "g.a", "2" }, { NULL, NULL } },
		",\"ga\":1,\"g\":{\"a\":2}");
}

TEST("an object meets what others say of its fields, and they win in either order")
{
	const char *want = ",\"g\":{\"t\": 0,\"max\":9}";
	check((const struct item[]){ { "g", "{\"t\": 0,\"max\":1}" }, { "g.max", "9" },
		      { NULL, NULL } },
		want);
	check((const struct item[]){ { "g.max", "9" }, { "g", "{\"t\": 0,\"max\":1}" },
		      { NULL, NULL } },
		want);
	check((const struct item[]){ { "g", "7" }, { "g.max", "9" }, { NULL, NULL } },
		",\"g\":{\"max\":9}");
	check((const struct item[]){ { "g", "{}" }, { "g.max", "9" }, { NULL, NULL } },
		",\"g\":{\"max\":9}");
}

/* Checks the record's body with that one item over it. */
static void check_over(const char *body, struct item item, const char *want)
{
	struct endpoint endpoint = { 0 };
	struct span value;
	struct json_fault why;
	CHECK(json_scan(span_of(body), &value, &why));
	struct ask ask = { .endpoint = &endpoint, .own = value };
	struct members m;
	struct fault fault;
	struct buf out;
	members_init(&m);
	buf_init(&out, 1000);
	members_add(&m, item.path, span_of(item.json));
	CHECK(members_put_over_body(&m, &ask, "model", &out, &fault));
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
}

TEST("over a record's own body they take the place of its members, and leave every other byte")
{
	check_over(
		"{ \"a\" : 1e400, \"b\":2}", (struct item){ "b", "3" }, "{ \"a\" : 1e400,\"b\":3}");
	check_over("{}", (struct item){ "b", "3" }, "{\"b\":3}");
	check_over("{\"g\":{\"t\":0,\"max\":1},\"a\":[ ]}", (struct item){ "g.max", "9" },
		"{\"a\":[ ],\"g\":{\"t\":0,\"max\":9}}");
	check_over("{\"g\":5}", (struct item){ "g.max", "9" }, "{\"g\":{\"max\":9}}");
}

TEST("over a record's own body the endpoint's model wins, if it has one")
{
	struct endpoint endpoint = { 0 };
	struct members m;
	struct fault fault;
	struct buf out;
	struct ask ask = { .endpoint = &endpoint, .own = SPAN("{\"model\":\"own\",\"x\":1}") };
	for (int has_model = 0; has_model < 2; has_model++) {
		members_init(&m);
		buf_init(&out, 1000);
		endpoint_set_model(&endpoint, has_model ? "ours" : NULL);
		ask.model = has_model ? span_of(endpoint.model_json) : SPAN("\"own\"");
		CHECK(members_put_over_body(&m, &ask, "model", &out, &fault));
		CHECK_MEM(out.data, out.len,
			has_model ? "{\"x\":1,\"model\":\"ours\"}" : "{\"model\":\"own\",\"x\":1}");
		buf_release(&out);
	}
	endpoint_release(&endpoint);
}

TEST("a request that would be too large is a fault at any ceiling below its size")
{
	struct endpoint endpoint = { 0 };
	struct ask ask = { .endpoint = &endpoint, .own = SPAN("{\"a\":1,\"g\":{\"b\":2}}") };
	const size_t whole_n = sizeof "{\"a\":1,\"g\":{\"b\":2,\"c\":3}}" - 1;
	for (size_t max = 1; max <= whole_n; max++) {
		struct members m;
		struct fault fault = { 0 };
		struct buf out;
		members_init(&m);
		buf_init(&out, max);
		members_add_int(&m, "g.c", 3);
		CHECK_INT(members_put_over_body(&m, &ask, "model", &out, &fault), max == whole_n);
		CHECK_INT(fault.code, max == whole_n ? ERROR_NONE : ERROR_TEMPLATE);
		buf_release(&out);
	}
}
