/* SPDX-License-Identifier: MIT */
/*
 * The official JSON Schema test suite (draft 2020-12), for the keywords that are supported. It is
 * not part of this tree: it is looked for in the directory that PLLM_JSON_SCHEMA_SUITE names, else
 * as shared/data/json-schema beside the source directory or above; where it is absent a note says
 * so.
 */
#include "json/schema.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"
#include "t.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 20, PARENTS_MAX = 5 };

/* The groups that cannot be compiled, and the words by which the refusal names the reason. */
static const struct {
	const char *file, *group, *named, *reason;
} refused[] = {
	{ "defs.json", "validate definition against metaschema", "leads out of this document",
		"the metaschema is another document" },
	{ "ref.json", "remote ref, containing refs itself", "leads out of this document",
		"the metaschema is another document" },
	{ "ref.json", "ref creates new scope when adjacent to keywords", "unevaluatedProperties",
		"unevaluatedProperties is not supported" },
	{ "not.json", "collect annotations inside a 'not', even if collection is disabled",
		"unevaluatedProperties", "unevaluatedProperties is not supported" },
};

struct counts {
	int files, groups, cases, refused_groups, refused_cases, refused_known;
};

static bool is_there(const char *directory)
{
	char path[PATH_MAX + 16];
	snprintf(path, sizeof path, "%s/type.json", directory);
	return access(path, R_OK) == 0;
}

/* Writes the suite's directory. False if there is none. */
static bool find_suite(char out[PATH_MAX])
{
	const char *named = getenv("PLLM_JSON_SCHEMA_SUITE"), *source = getenv("srcdir");
	const char *starts[] = { source ? source : ".", "." };
	if (named) {
		snprintf(out, PATH_MAX, "%s", named);
		return CHECK(is_there(out));
	}
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		char up[3 * PARENTS_MAX + 1] = "";
		for (int j = 0; j <= PARENTS_MAX; j++) {
			snprintf(out, PATH_MAX, "%s/%sshared/data/json-schema", starts[i], up);
			if (is_there(out))
				return true;
			if (j < PARENTS_MAX)
				memcpy(up + strlen(up), "../", sizeof "../");
		}
	}
	return false;
}

/* Reads a file; the caller frees the bytes. */
static struct span read_file(const char *directory, const char *name)
{
	char path[PATH_MAX + 256], *bytes = xmalloc(FILE_BYTES_MAX);
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "rb");
	size_t n = file ? fread(bytes, 1, FILE_BYTES_MAX, file) : 0;
	CHECK(n > 0 && n < FILE_BYTES_MAX);
	if (file)
		fclose(file);
	return (struct span){ bytes, n };
}

static void show_case(const char *file, struct span group, struct span test, const char *what)
{
	printf("#   %s: %.*s: %.*s: %s\n", file, (int)group.n, group.at, (int)test.n, test.at,
		what);
}

static void run_case(const struct schema *s, struct span test, const char *file, struct span group)
{
	struct schema_fault fault = { "" };
	struct span name = json_member(test, SPAN("description"));
	bool want = *json_member(test, SPAN("valid")).at == 't';
	bool got = schema_check(s, json_member(test, SPAN("data")), &fault);
	if (!CHECK_INT(got, want))
		show_case(file, group, name, got ? "is valid here" : fault.msg);
	/* a fault is one line that begins with a pointer and says something */
	if (!got &&
		!CHECK(fault.msg[0] == '/' && strstr(fault.msg, ": ") && !strchr(fault.msg, '\n') &&
			utf8_is_valid(span_of(fault.msg))))
		show_case(file, group, name, fault.msg);
}

/* A group that does not compile must be in the table, and refused for the reason given there. */
static bool is_rightly_refused(const char *file, struct span group, const char *message)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strcmp(file, refused[i].file) == 0 &&
			json_key_is(group, span_of(refused[i].group)))
			return CHECK(strstr(message, refused[i].named));
	return CHECK_STR(message, "to be compiled");
}

static void run_group(struct span group, const char *file, struct counts *counts)
{
	struct err err = { 0 };
	struct json_walk w;
	struct span name = json_member(group, SPAN("description"));
	struct schema *s = schema_new(json_member(group, SPAN("schema")), &err);
	counts->groups++;
	if (!s) {
		counts->refused_groups++;
		counts->refused_known += is_rightly_refused(file, name, err.msg);
		printf("#   %s: %.*s: refused: %s\n", file, (int)name.n, name.at, err.msg);
	}
	json_walk_init(&w, json_member(group, SPAN("tests")));
	while (json_walk_next(&w)) {
		counts->cases++;
		if (s)
			run_case(s, w.value, file, name);
		else
			counts->refused_cases++;
	}
	schema_free(s);
}

static void run_file(const char *directory, const char *file, struct counts *counts)
{
	struct span text = read_file(directory, file), value;
	struct json_fault fault;
	struct json_walk w;
	counts->files++;
	if (CHECK(json_scan(text, &value, &fault))) {
		json_walk_init(&w, value);
		while (json_walk_next(&w))
			run_group(w.value, file, counts);
	}
	free((void *)(size_t)text.at);
}

TEST("the official suite's cases pass, or their schemas are refused by name")
{
	char directory[PATH_MAX];
	struct counts counts = { 0 };
	if (!find_suite(directory)) {
		printf("# the JSON Schema test suite is not there: nothing was checked against it\n");
		return;
	}
	DIR *listing = opendir(directory);
	struct dirent *entry;
	while (CHECK(listing) && (entry = readdir(listing))) {
		size_t n = strlen(entry->d_name);
		if (n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0)
			run_file(directory, entry->d_name, &counts);
	}
	if (listing)
		closedir(listing);
	printf("# JSON Schema suite: %d files, %d groups, %d cases: %d decided, %d refused by name\n",
		counts.files, counts.groups, counts.cases, counts.cases - counts.refused_cases,
		counts.refused_cases);
	CHECK(counts.files > 0);
	CHECK_INT(counts.refused_known, sizeof refused / sizeof *refused);
	CHECK_INT(counts.refused_groups, sizeof refused / sizeof *refused);
}
