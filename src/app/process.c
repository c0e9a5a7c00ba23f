/* SPDX-License-Identifier: MIT */
#include "app/process.h"

#include "base/log.h"
#include "io/http.h"
#include "io/signals.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { KEPT_PIECE_BYTES = 32 << 20, KEPT_BYTES = 64 << 20 };

/*
 * Opened the wrong way round on purpose: using it gives EBADF, as the closed descriptor would have.
 */
static void occupy(int fd, int wrong_way)
{
	if (fcntl(fd, F_GETFD) >= 0)
		return;
	int got = open("/dev/null", wrong_way);
	if (got >= 0 && got != fd) {
		dup2(got, fd);
		close(got);
	}
}

static bool keylog_was_set;

void process_harden(void)
{
	const struct rlimit none = { 0 };
	occupy(STDIN_FILENO, O_WRONLY);
	occupy(STDOUT_FILENO, O_RDONLY);
	occupy(STDERR_FILENO, O_RDONLY);
	prctl(PR_SET_DUMPABLE, 0);
	/* A file that has grown as large as it may is a write that fails, like any other. */
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	keylog_was_set = getenv("SSLKEYLOGFILE") != NULL;
	unsetenv("SSLKEYLOGFILE");
}

bool process_had_keylog(void)
{
	return keylog_was_set;
}

void process_keep_memory(void)
{
#ifdef M_TRIM_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, KEPT_PIECE_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
#endif
}

int process_end(const struct ending *ending)
{
	/* Who dies at the second signal has taken nothing away yet. */
	log_set_status(NULL);
	if (!ending->by_signal)
		return ending->exit_code;
	signals_die(ending->by_signal);
	/* Still here: the first process of a container does not die by signals. */
	return 128 + ending->by_signal;
}

const char *process_libraries(void)
{
	return http_libraries();
}
