/* SPDX-License-Identifier: MIT */
#include "app/finish.h"

#include "app/origin.h"
#include "base/log.h"
#include "io/signals.h"

#include <signal.h>

struct ending finish_run(struct writer *writer, struct verdict *v, const struct accept *accept)
{
	struct err err;
	bool is_broken_pipe = false;
	if (!writer_drain(writer, &err)) {
		v->output_failed = true;
		is_broken_pipe =
			writer_state(writer) == WRITER_BROKEN_PIPE && !signals_pipe_is_ignored();
		if (!is_broken_pipe)
			log_say(LOG_ERROR, "%s", err.msg);
	}
	int code = (int)verdict_exit_code(v, accept->amount, accept->is_percent);
	if (!writer_finish(
		    writer, code == EXIT_ALL_ANSWERED && !v->by_signal && !v->is_trial, &err)) {
		log_say(LOG_ERROR, "%s", err.msg);
		code = EXIT_OUTPUT;
	}
	return (struct ending){
		.exit_code = code,
		.by_signal = v->by_signal ? v->by_signal
			: is_broken_pipe  ? SIGPIPE
					  : 0,
	};
}

int finish_refused(const struct config *config, struct err *err)
{
	origin_locate(config, err);
	log_say(LOG_ERROR, "%s", err->msg);
	return err->kind == ERR_INTERNAL  ? EXIT_INTERNAL
		: err->kind == ERR_INPUT  ? EXIT_INPUT
		: err->kind == ERR_OUTPUT ? EXIT_OUTPUT
					  : EXIT_USAGE;
}
