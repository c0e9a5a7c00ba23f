/* SPDX-License-Identifier: MIT */
#include "app/finish.h"

#include "app/origin.h"
#include "base/err.h"
#include "io/signals.h"

#include <signal.h>

struct ending finish_writing(struct writer *writer, struct verdict *v, const struct accept *accept)
{
	struct err err;
	bool is_broken_pipe = false;
	if (!writer_drain(writer, &err)) {
		v->output_failed = true;
		is_broken_pipe =
			writer_state(writer) == WRITER_BROKEN_PIPE && !signals_pipe_is_ignored();
		if (!is_broken_pipe)
			err_say(&err);
	}
	return (struct ending){
		.exit_code = (int)verdict_exit_code(v, accept->amount, accept->is_percent),
		.by_signal = v->by_signal ? v->by_signal
			: is_broken_pipe  ? SIGPIPE
					  : 0,
	};
}

bool finish_files(struct writer *writer, const struct verdict *v, struct ending *ending)
{
	struct err err;
	bool commits = ending->exit_code == EXIT_ALL_ANSWERED && !ending->by_signal && !v->is_trial;
	if (writer_finish(writer, commits, &err))
		return true;
	err_say(&err);
	ending->exit_code = EXIT_OUTPUT;
	return false;
}

int finish_refused(const struct config *config, struct err *err)
{
	origin_locate(config, err);
	err_say(err);
	return err_is_usage(err->kind)    ? EXIT_USAGE
		: err->kind == ERR_INPUT  ? EXIT_INPUT
		: err->kind == ERR_OUTPUT ? EXIT_OUTPUT
					  : EXIT_INTERNAL;
}
