/* SPDX-License-Identifier: MIT */
/*
 * The race that matters is Dekker's: the sleeper writes "asleep" and then reads the queue, the
 * waker writes the queue and then reads "asleep". With sequentially consistent order at least one
 * of them sees the other's write, so a wake-up is never lost. Queue accesses happen under the
 * channel's lock, and the atomics here are seq_cst.
 */
#include "base/wake.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool wake_init(struct wake *w, struct err *err)
{
	atomic_init(&w->asleep, false);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		return err_set_errno(err, ERR_INTERNAL, "cannot make an eventfd");
	return true;
}

void wake_release(struct wake *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

void wake_prepare(struct wake *w)
{
	atomic_store(&w->asleep, true);
}

void wake_finish(struct wake *w, bool called)
{
	atomic_store(&w->asleep, false);
	uint64_t count;
	/* The counter is non-blocking; an empty one is as good as an emptied one. */
	if (called && read(w->fd, &count, sizeof count) < 0)
		return;
}

void wake_up(struct wake *w)
{
	if (atomic_load(&w->asleep) && atomic_exchange(&w->asleep, false))
		wake_up_from_signal(w);
}

void wake_up_from_signal(struct wake *w)
{
	int saved = errno;
	const uint64_t one = 1;
	/* A full counter already wakes, so a failed write is no loss. */
	if (write(w->fd, &one, sizeof one) < 0)
		errno = saved;
	errno = saved;
}
