/* SPDX-License-Identifier: MIT */
/*
 * standalone FILE|DIRECTORY...: gives every file to the fuzz target this is linked with, once, for
 * compilers without libFuzzer and for a smoke test in seconds. Prints how many there were; a
 * finding ends the program as it would under libFuzzer. Exit code 2: nothing to read, or it cannot
 * be read.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES_MAX = 1 << 20 };

static int fail(const char *path)
{
	fprintf(stderr, "standalone: %s: %s\n", path, strerror(errno));
	return -1;
}

/* Gives how many inputs were run, or -1. */
static int run_file(const char *path)
{
	static uint8_t bytes[INPUT_BYTES_MAX];
	FILE *file = fopen(path, "rb");
	if (!file)
		return fail(path);
	size_t n = fread(bytes, 1, sizeof bytes, file);
	int bad = ferror(file);
	fclose(file);
	if (bad)
		return fail(path);
	/* exactly as long as the input, so that a sanitizer sees a read past its end */
	uint8_t *copy = malloc(n ? n : 1);
	if (!copy)
		return fail(path);
	memcpy(copy, bytes, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	return 1;
}

static int run_directory(DIR *directory, const char *path)
{
	int total = 0;
	struct dirent *entry;
	while (total >= 0 && (entry = readdir(directory))) {
		char inside[PATH_MAX];
		if (*entry->d_name == '.')
			continue;
		snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
		total = run_file(inside) < 0 ? -1 : total + 1;
	}
	return total;
}

static int run_path(const char *path)
{
	DIR *directory = opendir(path);
	if (!directory)
		return run_file(path);
	int n = run_directory(directory, path);
	closedir(directory);
	return n;
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		int n = run_path(argv[i]);
		if (n < 0)
			return 2;
		total += n;
	}
	printf("%d inputs\n", total);
	return total > 0 ? 0 : 2;
}
