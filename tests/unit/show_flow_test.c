/* SPDX-License-Identifier: MIT */
#include "asked.h"

#include "app/show_flow.h"

#include <sys/mman.h>
#include <unistd.h>

static void check_shown(struct asked *a, enum show_flow how, const char *want)
{
	char text[2000];
	struct outfile out = { .fd = memfd_create("shown", MFD_CLOEXEC) };
	CHECK(show_flow(&a->plan, how, &out, &a->err));
	ssize_t n = pread(out.fd, text, sizeof text - 1, 0);
	close(out.fd);
	text[n > 0 ? n : 0] = '\0';
	CHECK_STR(text, want);
}

TEST("a flow is shown as a table, steps after those they need")
{
	struct asked a = { 0 };
	asked_check_made(&a,
		"-p last={{brief}}\n-p brief={{topics}} {{text}}\n-p topics={{text}}\n-p hello=hello\n"
		"-m topics=gp\xc3\xa4,q\n--samples topics=3\n--join topics=vote\n-m usual\n--emit last,hello");
	check_shown(&a, FLOW_IS_TEXT,
		"STEP    NEEDS           ASKS        JOIN      OUTPUT\n"
		"topics  record          gp\xc3\xa4, q x 3  vote 4/6  no\n"
		"brief   record, topics  usual       -         no\n"
		"last    brief           usual       -         yes\n"
		"hello   -               usual       -         yes\n");
	asked_end(&a);
}

TEST("a flow is shown as a graph from the records to the output")
{
	struct asked a = { 0 };
	asked_check_made(
		&a, "-p records={{text}}\n-p b={{records}}\n-m records=say \"hi\"\\,m\n--emit b");
	check_shown(&a, FLOW_IS_DOT,
		"digraph flow {\n\trankdir=LR;\n\tnode [shape=box];\n"
		"\trecords [shape=plaintext];\n\toutput [shape=plaintext];\n"
		"\tstep0 [label=\"records\\nsay \\\"hi\\\"\\\\, m\\nall 2/2\"];\n"
		"\tstep1 [label=\"b\\n(as the endpoint or the record says)\"];\n"
		"\trecords -> step0;\n\tstep0 -> step1;\n\tstep1 -> output;\n}\n");
	asked_end(&a);
}

TEST("a name with a line feed stays on its line of the table")
{
	struct asked a = { .opts = { .as = xstrdup("a\nb") } };
	CHECK(asked_make(&a, ""));
	check_shown(&a, FLOW_IS_TEXT,
		"STEP  NEEDS   ASKS                                  JOIN  OUTPUT\n"
		"a?b   record  (as the endpoint or the record says)  -     yes\n");
	asked_end(&a);
}

TEST("a flow that cannot be written is an error of the output")
{
	struct asked a = { 0 };
	asked_check_made(&a, "-p a=x");
	struct outfile full;
	if (CHECK(outfile_open(&full, "/dev/full", &a.err))) {
		CHECK(!show_flow(&a.plan, FLOW_IS_TEXT, &full, &a.err));
		CHECK_INT(a.err.kind, ERR_OUTPUT);
	}
	outfile_release(&full);
	asked_end(&a);
}
