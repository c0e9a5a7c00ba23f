/* SPDX-License-Identifier: MIT */
/*
 * clock: a library to preload in whose world the wall clock runs backwards.
 *
 *     CLOCK_BACK_S  so many seconds earlier it is at each reading than it was; default 3600
 *     CLOCK_SEEN    a file that is made when it has been read
 *
 * The monotonic clock goes on as ever.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static atomic_long readings_n;

static time_t step_back(time_t now)
{
	const char *text = getenv("CLOCK_BACK_S"), *seen = getenv("CLOCK_SEEN");
	int fd = seen ? open(seen, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd >= 0)
		close(fd);
	long step = text ? (long)strtoimax(text, NULL, 10) : 3600;
	return now - step * atomic_fetch_add(&readings_n, 1);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);
	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec = step_back(now->tv_sec);
	return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec precise;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &precise);
	now->tv_sec = precise.tv_sec;
	now->tv_usec = precise.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}
