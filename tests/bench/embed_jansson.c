/* SPDX-License-Identifier: MIT */
/*
 * embed_jansson: what an answer full of vectors costs whoever reads it into a tree and prints it.
 *
 * usage: embed_jansson FILE N
 *
 * Parses the answer in FILE with jansson and prints it again, N times, and shows the bytes that
 * came out.
 */
#include "common.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t room = 0;

	if (!file)
		die("%s: %s", path, strerror(errno));
	*bytes = 0;
	do {
		if (*bytes == room)
			text = grow(text, &room, 1);
		*bytes += fread(text + *bytes, 1, room - *bytes, file);
	} while (*bytes == room);
	if (ferror(file))
		die("%s: %s", path, strerror(errno));
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	size_t bytes, printed_bytes = 0;
	char *text;
	long n;

	if (argc != 3)
		die("a file and a number are wanted");
	text = read_file(argv[1], &bytes);
	n = number("N", argv[2]);
	for (long i = 0; i < n; i++) {
		json_error_t error;
		json_t *answer = json_loadb(text, bytes, 0, &error);
		char *printed = answer ? json_dumps(answer, JSON_COMPACT) : NULL;

		if (!printed)
			die("%s: %s", argv[1], answer ? "cannot be printed" : error.text);
		printed_bytes = strlen(printed);
		free(printed);
		json_decref(answer);
	}
	printf("%zu\n", printed_bytes);
	free(text);
	return 0;
}
