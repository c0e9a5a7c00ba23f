/* SPDX-License-Identifier: MIT */
/*
 * What the programs of the benchmark share: a way to give up, memory, clocks, numbers, descriptors.
 *
 * It knows nothing of HTTP and nothing of pllm: the benchmark is written against the system alone,
 * so that no improvement of pllm's own library moves the yardstick.
 *
 * All of it may be called from any thread; none of it keeps state but the program's name.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

/* Prints "PROGRAM: message" to stderr and ends the process with code 2. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);

/* Gives n x bytes of zeroed memory, to be freed by the caller; dies when there is none. */
void *allocate(size_t n, size_t bytes);

/*
 * Takes an array of *room elements and gives it back with room for twice as many; dies when there
 * is no memory. NULL and 0 begin one.
 */
void *grow(void *array, size_t *room, size_t bytes);

/* Microseconds of the monotonic clock. */
int64_t now_us(void);

/* The same time span in microseconds. */
int64_t timeval_us(struct timeval tv);

/* Microseconds of user and system time in ru. */
int64_t rusage_cpu_us(const struct rusage *ru);

/* The non-negative number that text is; dies, naming the option, if it is anything else. */
long number(const char *option, const char *text);

/* Gives that many bytes of words, always the same, to be freed by the caller. */
char *random_words(size_t bytes);

/* Raises the soft limit of descriptors to the hard one; dies if fewer than needed are allowed. */
void raise_descriptors(size_t needed);
