/* SPDX-License-Identifier: MIT */
#include "ui/doctor_report.h"

#include "base/xalloc.h"
#include "t.h"

#include <string.h>

enum { TEXT_MAX_BYTES = 1 << 20 };

static void add(struct checks *c, enum finding finding, const char *part, const char *const said[3])
{
	checks_add(c,
		&(struct check){ .finding = finding,
			.part = xstrdup(part),
			.name = xstrdup(said[0]),
			.text = xstrdup(said[1]),
			.help = said[2] ? xstrdup(said[2]) : NULL });
}

#define ADD(c, finding, part, ...) add(c, finding, part, (const char *const[3]){ __VA_ARGS__ })

static void check_text(const struct checks *c, bool has_colour, const char *want)
{
	struct buf out;
	buf_init(&out, TEXT_MAX_BYTES);
	checks_put_text(c, FINDING_OK, has_colour, &out);
	checks_put_verdict(c, &out);
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
}

static void check_json(const struct checks *c, const char *want)
{
	struct buf out;
	buf_init(&out, TEXT_MAX_BYTES);
	checks_put_json(c, &out);
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
}

TEST("findings stand below their part, and names below each other")
{
	struct checks c = { 0 };
	ADD(&c, FINDING_OK, "program", "version", "1.0", NULL);
	ADD(&c, FINDING_NOTE, "program", "file", "none", NULL);
	ADD(&c, FINDING_WARN, "endpoint http://x", "clock", "31 s off", "set it");
	ADD(&c, FINDING_FAIL, "endpoint http://x", "key", "refused", NULL);
	check_text(&c, false,
		"program\n"
		"  [ok]   version: 1.0\n"
		"  [note] file: none\n"
		"endpoint http://x\n"
		"  [warn] clock: 31 s off\n"
		"         help: set it\n"
		"  [FAIL] key: refused\n"
		"1 thing to mend, 1 thing to look at\n");
	checks_release(&c);
}

TEST("the last line counts what is wrong; without anything all is well")
{
	struct checks c = { 0 };
	check_text(&c, false, "all is well\n");
	ADD(&c, FINDING_NOTE, "p", "n", "t", NULL);
	CHECK_INT(checks_worst(&c), FINDING_NOTE);
	check_text(&c, false, "p\n  [note] n: t\nall is well\n");
	ADD(&c, FINDING_WARN, "p", "n", "t", NULL);
	ADD(&c, FINDING_WARN, "p", "n", "t", NULL);
	CHECK_INT(checks_worst(&c), FINDING_WARN);
	check_text(
		&c, false, "p\n  [note] n: t\n  [warn] n: t\n  [warn] n: t\n2 things to look at\n");
	ADD(&c, FINDING_FAIL, "p", "n", "t", NULL);
	ADD(&c, FINDING_OK, "p", "n", "t", NULL);
	CHECK_INT(checks_worst(&c), FINDING_FAIL);
	checks_release(&c);
}

TEST("of those that are not bad enough nothing is said, nor of their part")
{
	struct checks c = { 0 };
	struct buf out;
	buf_init(&out, TEXT_MAX_BYTES);
	ADD(&c, FINDING_NOTE, "p", "n", "t", NULL);
	checks_put_text(&c, FINDING_WARN, false, &out);
	CHECK_MEM(out.data, out.len, "");
	ADD(&c, FINDING_WARN, "q", "n", "t", NULL);
	ADD(&c, FINDING_OK, "q", "n", "t", NULL);
	checks_put_text(&c, FINDING_WARN, false, &out);
	CHECK_MEM(out.data, out.len, "q\n  [warn] n: t\n");
	buf_release(&out);
	checks_release(&c);
}

TEST("colours are there only where they are asked for, and end where they began")
{
	struct checks c = { 0 };
	ADD(&c, FINDING_OK, "p", "n", "t", NULL);
	ADD(&c, FINDING_FAIL, "p", "n", "t", NULL);
	check_text(&c, true,
		"\x1b[1mp\x1b[0m\n"
		"  \x1b[32m[ok]\x1b[0m   n: t\n"
		"  \x1b[1;31m[FAIL]\x1b[0m n: t\n"
		"1 thing to mend\n");
	checks_release(&c);
	ADD(&c, FINDING_NOTE, "p", "n", "t", NULL);
	ADD(&c, FINDING_WARN, "p", "n", "t", NULL);
	check_text(&c, true,
		"\x1b[1mp\x1b[0m\n"
		"  \x1b[36m[note]\x1b[0m n: t\n"
		"  \x1b[33m[warn]\x1b[0m n: t\n"
		"1 thing to look at\n");
	checks_release(&c);
}

TEST("what a server says can neither reach the terminal nor look like a line of ours")
{
	struct checks c = { 0 };
	ADD(&c, FINDING_OK, "p\x1b[2J", "n\a", "one\x1b]0;x\a\n  [ok]   two", "three\nfour\x7f");
	check_text(&c, false,
		"p\\u001b[2J\n"
		"  [ok]   n\\u0007: one\\u001b]0;x\\u0007\n"
		"           [ok]   two\n"
		"         help: three\n"
		"         four\\u007f\n"
		"all is well\n");
	checks_release(&c);
}

TEST("as JSON it is one object on one line, with everything escaped that has to be")
{
	struct checks c = { 0 };
	check_json(&c, "{\"well\":true,\"worst\":\"ok\",\"checks\":[]}\n");
	ADD(&c, FINDING_NOTE, "p", "n", "t", NULL);
	check_json(&c,
		"{\"well\":true,\"worst\":\"note\",\"checks\":[{\"finding\":\"note\",\"part\":\"p\","
		"\"name\":\"n\",\"text\":\"t\",\"help\":null}]}\n");
	checks_release(&c);
	ADD(&c, FINDING_WARN, "p", "n", "a \"quote\"\n\\ \x1b", NULL);
	ADD(&c, FINDING_OK, "p", "n\xff", "t", "h");
	check_json(&c,
		"{\"well\":false,\"worst\":\"warn\",\"checks\":["
		"{\"finding\":\"warn\",\"part\":\"p\",\"name\":\"n\","
		"\"text\":\"a \\\"quote\\\"\\n\\\\ \\u001b\",\"help\":null},"
		"{\"finding\":\"ok\",\"part\":\"p\",\"name\":\"n\xef\xbf\xbd\",\"text\":\"t\",\"help\":\"h\"}"
		"]}\n");
	checks_release(&c);
}
