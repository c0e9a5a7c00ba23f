/* SPDX-License-Identifier: MIT */
/*
 * pllm: a Unix filter for language models. This is the map.
 *
 *     main.c                 parse, run the command, exit code
 *     cli/                   words the user types
 *       options*.c             the one table of options
 *       commands.c             the words before them
 *       parse.c setting.c layers.c    argv, environment and file -> struct config; who wins
 *       config_file.c names.c private_file.c   the file; its endpoints; who may write it
 *       help.c                 -h, --help, --version
 *       generate*.c            completions of three shells; the options of all manual pages
 *       completion.c offers.c  how a value is completed; what the configuration has names for
 *     app/                   one file per command: puts rooms together, runs
 *       filter.c               every record through the steps of the plan
 *       reduce.c               many records to one: what is different then
 *       embed.c                records to vectors: likewise
 *       chunk.c                documents to pieces: nobody is asked
 *       cache_command.c cache_line.c  pllm cache; an entry as a line
 *       doctor.c doctor_*.c    pllm doctor: looks whether a run would work
 *       steps.c                options and a flow file -> plan
 *       step_keys.c step_values.c     what can be said of a step: one table; who wins
 *       flow.c show_flow.c text_file.c   steps in YAML; the plan for people; files read whole
 *       stops.c speed.c        options -> rules for stopping, rates
 *       cache_file.c money.c   what goes with --cache; prices and budgets
 *       dry_run.c trial.c      what it would cost: reckoned, and tried out
 *       endpoints.c endpoint_text.c address.c credentials.c aws_key.c   options -> the pools
 *       batch_files.c origin.c        what goes with batch files; who said what an option is
 *       config_path.c files.c  which configuration file it is; whether two options name one file
 *       seeing.c rerun.c       what is shown of a run; the command that asks what failed again
 *       finish.c process.c     how runs end; what a careful process does first and last
 *     ui/                    what a person sees
 *       terminal.c             what it can show, and how wide it is
 *       progress*.c            how far a run is, and why it is not faster
 *       summary*.c             the last words on stderr; what --stats writes
 *       metrics*.c amount.c    counts for Prometheus; figures as people read them
 *       estimate_report.c trial_report.c doctor_report.c   what a dry run, ... has found
 *     engine/                who goes next
 *       pipeline.c             the loop: admit, dispatch, wait, collect, release
 *       door.c                 what of a record needs no model
 *       drain.c                what ends a run before its input does
 *       look.c hold.c          views for who watches; what holds requests back
 *       advance.c              a record goes on: calls of its next steps in, losers out
 *       sched.c queue.c        what becomes of a request; which of those that wait is next
 *       same.c again.c         who asks the very same already; what becomes of what failed
 *       pack.c pack_divide.c   texts whose vectors are wanted, into packs; packs into two
 *       recall.c storing.c     what was answered before; records leave when it is stored
 *       pool.c gates.c         at which endpoint; whether now: all its gates asked as one
 *       render*.c              a call, or a pack, becomes a request
 *       flight.c guilt.c triage.c   a try in the air; whose doing its end is; what it means
 *       spend.c                what tries cost and may cost
 *       estimate*.c stand_in.c sample.c   what would be asked; words for answers; costs of a few
 *       verify.c               whether an answer is what the schema says
 *       fold.c fold_*.c        reduce: members, groups and their trees; packs go out as records
 *       stats.c verdict.c      counts; exit codes
 *       tell.c                 what is said of a record that failed
 *     io/                    descriptors, threads, libcurl, SQLite
 *       reader.c writer.c      the two doors, a thread each
 *       npy.c                  vectors as the rows of a matrix
 *       cache.c cache_*.c      answers in a file, a thread; _book.c _verify.c: looked after
 *       http*.c                many multi handles, one epoll
 *       sigv4.c                Amazon's signatures
 *       hint.c allowance.c     what headers say of waiting and of limits
 *       probe*.c               one request by itself, and all that can be seen of it
 *       trace.c                each request and its answer, for --trace
 *       url.c keys.c image.c outfile.c state_file.c signals.c
 *     api/                   one const row per wire API
 *       api.c                  the tables
 *       openai*.c              chat (_kin.c: elsewhere), Responses, completions, moderation
 *       anthropic*.c bedrock*.c gemini*.c ollama*.c cohere*.c rerank*.c   each vendor's own
 *       embeddings*.c          everybody's vectors
 *       raw.c                  batch files: what others wrote, as it is
 *       members.c chat.c turns.c      requests: fields; messages in everybody's words
 *       reading.c said.c blocks.c     answers: how reading begins; what was said, put together
 *       price.c prices*.c tier.c input_tokens.c bounds.c   what tokens cost; how many they are
 *       complaint.c classify.c what failing answers mean
 *       models.c               where each API lists its models, and how that reads
 *       sse.c ndjson.c eventstream.c  streams
 *     work/                  the nouns
 *       record.c stage.c call.c request.c attempt.c answer.c outcome.c   the corridor
 *       plan.c template*.c cut.c ask.c   what is asked
 *       entry*.c               an answer as a cache keeps it
 *       item.c vector.c        a text of a pack, and what it is answered with
 *       progress.c vote.c      which step may begin, and what its answers are joined to
 *       result*.c splice.c     the line it leaves as
 *       batch.c result_batch.c lines of batch files
 *       chunk*.c               a text cut into pieces, and the lines of a document
 *       stumble.c              what was meant by a line that is no JSON
 *       endpoint.c secrets.c tokens*.c
 *     policy/                pure decisions, time is an argument
 *       limit.c                how many at once: found by trying
 *       rate.c pace.c          how fast: as it is known; as it is found
 *       pack_size.c            how many texts together: found by trying
 *       breaker.c              whether at all
 *       balance.c hedge.c      where; when a second time elsewhere
 *       retry.c retry_budget.c whether again, and when
 *       forecast.c             how many tokens it will be
 *       budget.c               what may still be spent
 *       draw.c extrapolate.c   a few of many, evenly; from these to all
 *       order.c halt.c         who leaves next; when all is over
 *     json/                  scan.c (strict), walk.c (parts as spans), path.c, text.c (escapes)
 *       numbers.c float32.c    arrays of numbers: checked in blocks of 64 bytes, read, printed
 *       schema*.c              JSON Schema: compiled once, values checked where they lie
 *       equal.c compact.c yaml.c
 *     base/                  knows nobody: memory, buffers, errors, time, heap, channels ...
 *       shared.c spare.c       bytes that several own; large memory that went, for what comes
 *       lookup.c sha.c         things found by a hash; SHA-256
 *       money.c histogram.c    whole pico-dollars; how often which size came
 *       log.c visible.c        lines for people; what a terminal may see of a text
 *       key_form.c utc.c       what keys look like; moments as dates
 *
 * Rooms look down this list, never up. HACKING.md says why.
 */
#include "app/cache_command.h"
#include "app/chunk.h"
#include "app/doctor.h"
#include "app/filter.h"
#include "app/process.h"
#include "app/seeing.h"
#include "base/log.h"
#include "cli/help.h"
#include "cli/parse.h"

#include <unistd.h>

/* -h, --help, --version and kin: text on stdout, which may be full like any other. */
static int print(enum cli_action action, const struct config *config)
{
	cli_print(stdout, action, config, process_libraries());
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_ALL_ANSWERED;
	struct err err;
	err_set_errno(&err, ERR_OUTPUT, "cannot write standard output");
	err_say(&err);
	return EXIT_OUTPUT;
}

static struct ending run(struct config *config)
{
	if (config->command == COMMAND_CACHE)
		return cache_command_run(config);
	if (config->command == COMMAND_DOCTOR)
		return doctor_run(config);
	return config->command == COMMAND_CHUNK ? chunk_run(config) : filter_run(config);
}

/* At a terminal with nothing to do: waiting for input in silence would help nobody. */
static bool has_nothing_to_do(int argc)
{
	return argc == 1 && isatty(STDIN_FILENO);
}

int main(int argc, char **argv)
{
	struct config config = { 0 };
	struct ending ending = { .exit_code = EXIT_USAGE };
	struct err err;
	process_harden();
	enum cli_action action = cli_parse(argc, argv, &config, &err);
	if (action == CLI_USAGE_ERROR) {
		/* As far as it was understood. */
		seeing_prepare(&config);
		err_say(&err);
	} else if (action != CLI_RUN) {
		ending.exit_code = print(action, &config);
	} else if (has_nothing_to_do(argc)) {
		cli_print_short_help(stderr, COMMAND_FILTER);
	} else {
		seeing_prepare(&config);
		ending = run(&config);
	}
	cli_free(&config);
	return process_end(&ending);
}
