/* SPDX-License-Identifier: MIT */
#include "common.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

void *allocate(size_t n, size_t bytes)
{
	void *p = calloc(n, bytes);

	if (!p)
		die("out of memory");
	return p;
}

void *grow(void *array, size_t *room, size_t bytes)
{
	*room = *room ? 2 * *room : 1024;
	array = reallocarray(array, *room, bytes);
	if (!array)
		die("out of memory");
	return array;
}

int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t timeval_us(struct timeval tv)
{
	return (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
}

int64_t rusage_cpu_us(const struct rusage *ru)
{
	return timeval_us(ru->ru_utime) + timeval_us(ru->ru_stime);
}

long number(const char *option, const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < 0)
		die("%s: '%s' is not a number", option, text);
	return value;
}

char *random_words(size_t bytes)
{
	static const char *const words[] = { "a", "all", "and", "answer", "any", "as", "be",
		"before", "but", "by", "can", "could", "each", "example", "first", "for", "from",
		"has", "have", "here", "however", "if", "important", "in", "into", "is", "it",
		"know", "less", "may", "model", "more", "most", "not", "number", "of", "often",
		"on", "one", "only", "or", "other", "part", "question", "said", "same", "so",
		"such", "text", "than", "that", "the", "there", "this", "three", "time", "to",
		"two", "usually", "way", "which", "with", "word", "would" };
	char *text = allocate(bytes + 1, 1);
	uint64_t state = 1;

	for (size_t n = 0; n < bytes;) {
		state = state * 6364136223846793005U + 1442695040888963407U;
		n += (size_t)snprintf(text + n, bytes + 1 - n, " %s",
			words[(state >> 33) % (sizeof(words) / sizeof(*words))]);
	}
	return text;
}

void raise_descriptors(size_t needed)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("getrlimit: %s", strerror(errno));
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("setrlimit: %s", strerror(errno));
	if (limit.rlim_cur < needed)
		die("%zu descriptors are needed, %ju allowed", needed, (uintmax_t)limit.rlim_cur);
}
