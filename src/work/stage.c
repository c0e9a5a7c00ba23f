/* SPDX-License-Identifier: MIT */
#include "work/stage.h"

#include "work/vote.h"

#include <stdlib.h>

void stage_release(struct stage *s, const struct call *embedded)
{
	for (unsigned i = 0; i < s->calls_n; i++)
		call_release(&s->calls[i]);
	if (s->calls != embedded)
		free(s->calls);
	tally_release(&s->tally);
	buf_release(&s->value);
	s->calls = NULL;
	s->calls_n = 0;
}
