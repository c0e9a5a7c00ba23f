/* SPDX-License-Identifier: MIT */
#include "json/equal.h"

#include "json/schema_check.h"

/* A check of its own, of the value `longest` and others that are not longer. */
static void start(struct schema_check *c, struct schema_place *root, struct schema_fault *fault,
	struct span longest)
{
	enum { STEPS = 1 << 20 };
	*root = (struct schema_place){ 0 };
	*c = (struct schema_check){ .place = root, .fault = fault };
	c->steps = STEPS + (long)longest.n;
	buf_init(&c->plain, longest.n + 1);
}

uint64_t json_hash(struct span value)
{
	struct schema_check c;
	struct schema_place root;
	struct schema_fault fault;
	start(&c, &root, &fault, value);
	uint64_t hash = schema_hash(&c, value);
	buf_release(&c.plain);
	return c.gave_up ? 0 : hash;
}

bool json_is_equal(struct span a, struct span b)
{
	struct schema_check c;
	struct schema_place root;
	struct schema_fault fault;
	if (span_equals(a, b))
		return true;
	start(&c, &root, &fault, a.n > b.n ? a : b);
	bool is_equal = schema_equal(&c, a, b);
	buf_release(&c.plain);
	return is_equal && !c.gave_up;
}
