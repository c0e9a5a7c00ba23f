/* SPDX-License-Identifier: MIT */
/*
 * fail: a library to preload that lets one system or library call fail, as it never does when one
 * looks.
 *
 *     FAIL_CALL   which one: malloc (and calloc, realloc and their kin, counted together), write
 *                 (and pwrite), fsync (and fdatasync), rename, ftruncate, read (and pread), or
 *                 disk: whatever of write, fsync and ftruncate comes, counted together
 *     FAIL_NTH    the number of the first call that fails; 1 is the first
 *     FAIL_TIMES  how many fail from there; 0, the default, means all
 *     FAIL_ERRNO  the error: a number; default ENOSPC (memory: always ENOMEM); 0 kills the process
 *                 there, as kill -9 does
 *     FAIL_FD     write only: count calls on this descriptor only
 *     FAIL_FILE   count only calls on files whose names contain this
 *     FAIL_SHORT  write only: before it fails, let this many bytes through
 *     FAIL_SEEN   a file that is made when a call has failed
 *
 * Allocation that fails from the first call on would hit the dynamic loader, so counting begins
 * when main begins. What serves memory is the C library's own second name for it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
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
	const char *file;
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
	plan.file = getenv("FAIL_FILE");
	plan.nth = number("FAIL_NTH", 1);
	plan.times = number("FAIL_TIMES", 0);
	plan.error = number("FAIL_ERRNO", ENOSPC);
	plan.fd = number("FAIL_FD", -1);
	plan.part = number("FAIL_SHORT", 0);
	plan.is_on = plan.call != NULL;
}

/* True for the calls that change a disk. */
static bool is_disk(const char *call)
{
	return strcmp(call, "write") == 0 || strcmp(call, "fsync") == 0 ||
		strcmp(call, "ftruncate") == 0;
}

/* Counts a call; true if it has to fail. */
static bool fails(const char *call)
{
	if (!plan.is_on ||
		(strcmp(plan.call, call) != 0 &&
			!(strcmp(plan.call, "disk") == 0 && is_disk(call))))
		return false;
	long n = atomic_fetch_add(&plan.calls_n, 1) + 1;
	if (n < plan.nth || (plan.times && n >= plan.nth + plan.times))
		return false;
	if (plan.seen) {
		int fd = open(plan.seen, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
	}
	if (plan.error == 0)
		raise(SIGKILL);
	errno = (int)plan.error;
	return true;
}

/* True if calls on that descriptor count. */
static bool is_meant(int fd)
{
	char link[32], name[PATH_MAX];
	if (!plan.is_on)
		return false;
	if (!plan.file)
		return true;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, name, sizeof name - 1);
	if (n < 0)
		return false;
	name[n] = '\0';
	return strstr(name, plan.file) != NULL;
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

/* The C library's function of that name, behind ours. */
#define REAL(name)                                                 \
	static __typeof__(name) *real;                             \
	do {                                                       \
		if (!real)                                         \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
	} while (0)

/*
 * How many of n bytes may be written: all, or, of a call that fails, -1; or, the first time,
 * FAIL_SHORT.
 */
static ssize_t let_write(int fd, size_t n)
{
	if ((plan.fd >= 0 && plan.fd != fd) || !is_meant(fd) || !fails("write"))
		return (ssize_t)n;
	if (plan.part <= 0)
		return -1;
	size_t some = (size_t)plan.part < n ? (size_t)plan.part : n;
	plan.part = 0;
	return (ssize_t)some;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	REAL(write);
	ssize_t some = let_write(fd, n);
	return some < 0 ? -1 : real(fd, bytes, (size_t)some);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	REAL(pwrite);
	ssize_t some = let_write(fd, n);
	return some < 0 ? -1 : real(fd, bytes, (size_t)some, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
	REAL(pwrite64);
	ssize_t some = let_write(fd, n);
	return some < 0 ? -1 : real(fd, bytes, (size_t)some, at);
}

ssize_t read(int fd, void *bytes, size_t n)
{
	REAL(read);
	return is_meant(fd) && fails("read") ? -1 : real(fd, bytes, n);
}

ssize_t pread(int fd, void *bytes, size_t n, off_t at)
{
	REAL(pread);
	return is_meant(fd) && fails("read") ? -1 : real(fd, bytes, n, at);
}

ssize_t pread64(int fd, void *bytes, size_t n, off64_t at)
{
	REAL(pread64);
	return is_meant(fd) && fails("read") ? -1 : real(fd, bytes, n, at);
}

int fsync(int fd)
{
	REAL(fsync);
	return is_meant(fd) && fails("fsync") ? -1 : real(fd);
}

int fdatasync(int fd)
{
	REAL(fdatasync);
	return is_meant(fd) && fails("fsync") ? -1 : real(fd);
}

int ftruncate(int fd, off_t length)
{
	REAL(ftruncate);
	return is_meant(fd) && fails("ftruncate") ? -1 : real(fd, length);
}

int ftruncate64(int fd, off64_t length)
{
	REAL(ftruncate64);
	return is_meant(fd) && fails("ftruncate") ? -1 : real(fd, length);
}

int rename(const char *from, const char *to)
{
	REAL(rename);
	bool is_named = !plan.file || strstr(from, plan.file);
	return is_named && fails("rename") ? -1 : real(from, to);
}
