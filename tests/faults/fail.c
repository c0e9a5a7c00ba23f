/* SPDX-License-Identifier: MIT */
/*
 * fail: a library to preload that lets one system or library call fail, as it never does when one looks.
 *
 *     FAIL_CALL   which one: malloc (and calloc, realloc and their kin, counted together), write, fsync, rename
 *     FAIL_NTH    the number of the first call that fails; 1 is the first
 *     FAIL_TIMES  how many fail from there; 0, the default, means all
 *     FAIL_ERRNO  the error: a number; default ENOSPC (memory: always ENOMEM)
 *     FAIL_FD     write only: count calls on this descriptor only
 *     FAIL_SHORT  write only: before it fails, let this many bytes through
 *     FAIL_SEEN   a file that is made when a call has failed
 *
 * Allocation that fails from the first call on would hit the dynamic loader, so counting begins when main
 * begins. What serves memory is the C library's own second name for it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The C library's own names, and ours: nobody else declares them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

static struct {
	bool is_on;
	const char *call;
	const char *seen;
	long nth, times, error, fd, part;
	atomic_long calls_n;
} plan;

static long number(const char *name, long standard)
{
	const char *text = getenv(name);
	return text ? (long)strtoimax(text, NULL, 10) : standard;
}

static void make_plan(void)
{
	plan.call = getenv("FAIL_CALL");
	plan.seen = getenv("FAIL_SEEN");
	plan.nth = number("FAIL_NTH", 1);
	plan.times = number("FAIL_TIMES", 0);
	plan.error = number("FAIL_ERRNO", ENOSPC);
	plan.fd = number("FAIL_FD", -1);
	plan.part = number("FAIL_SHORT", 0);
	plan.is_on = plan.call != NULL;
}

/* Counts a call; true if it has to fail. */
static bool fails(const char *call)
{
	if (!plan.is_on || strcmp(plan.call, call) != 0)
		return false;
	long n = atomic_fetch_add(&plan.calls_n, 1) + 1;
	if (n < plan.nth || (plan.times && n >= plan.nth + plan.times))
		return false;
	if (plan.seen) {
		int fd = open(plan.seen, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
	errno = (int)plan.error;
	return true;
}

static int (*real_main)(int, char **, char **);

static int start(int argc, char **argv, char **environment)
{
	make_plan();
	return real_main(argc, argv, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	__typeof__(__libc_start_main) *real;
	*(void **)&real = dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = main;
	return real(start, argc, argv, init, fini, rtld_fini, stack_end);
}

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t size)
{
	return fails("malloc") ? no_memory() : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails("malloc") ? no_memory() : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return fails("malloc") ? no_memory() : __libc_realloc(old, size);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	static __typeof__(write) *real;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	if (plan.is_on && (plan.fd < 0 || plan.fd == fd) && fails("write")) {
		int error = errno;
		if (plan.part <= 0)
			return -1;
		size_t some = (size_t)plan.part < n ? (size_t)plan.part : n;
		plan.part = 0;
		errno = error;
		return real(fd, bytes, some);
	}
	return real(fd, bytes, n);
}

int fsync(int fd)
{
	static __typeof__(fsync) *real;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fsync");
	return fails("fsync") ? -1 : real(fd);
}

int rename(const char *from, const char *to)
{
	static __typeof__(rename) *real;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "rename");
	return fails("rename") ? -1 : real(from, to);
}
