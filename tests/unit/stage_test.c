/* SPDX-License-Identifier: MIT */
#include "work/stage.h"

#include "base/xalloc.h"
#include "t.h"

TEST("a stage frees its calls, its tally and its value, and may be released twice")
{
	struct stage s = { .calls = xcalloc(2, sizeof *s.calls), .calls_n = 2 };
	for (unsigned i = 0; i < 2; i++) {
		call_init(&s.calls[i], NULL, 0, i);
		s.calls[i].answer.message = xstrdup("message");
	}
	s.tally = (struct tally){ 1, xcalloc(2, sizeof(unsigned)), xcalloc(2, sizeof(unsigned)) };
	buf_init(&s.value, 100);
	buf_put_str(&s.value, "[1,2]");
	stage_release(&s, NULL);
	CHECK(!s.calls && !s.tally.firsts && !s.tally.counts && !s.value.data);
	CHECK_INT(s.calls_n, 0);
	stage_release(&s, NULL);
}

TEST("a stage whose call lies in its record frees what the call holds, and not the call")
{
	struct call embedded;
	struct stage s = { .calls = &embedded, .calls_n = 1 };
	call_init(&embedded, NULL, 0, 0);
	embedded.answer.message = xstrdup("message");
	stage_release(&s, &embedded);
	CHECK(!embedded.answer.message);
}
