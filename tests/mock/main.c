/* SPDX-License-Identifier: MIT */
/*
 * pllm-mock: the APIs of language models on loopback, to test and rehearse with.
 *
 * The map, in the order in which a request meets the files:
 *
 *   main       starts and ends                options    the command line
 *   server     listens, the loop              tls        certificates made at start
 *   exchange   one request, whole             sleepers   requests that wait
 *   arrival    the request as it came         last       the last one, kept to be looked at
 *   admission  who is turned away             limits     requests and tokens per minute
 *   sigv4      whether Amazon would let it in
 *   dialect    which API a path speaks        ask        what is asked, whatever the dialect
 *   fields     checks of a request's members  script     [[mock:...]] in a prompt
 *   faults     what it gets                   attempts   how often a prompt was asked
 *   answer     what is said                   sample     an instance of a schema
 *   embed      texts whose vectors are wanted meaning    a text as a vector
 *   put        JSON as bytes                  frames     Amazon's binary streams
 *   reply      an answer as a value           error      errors, and their translation
 *   dress      bodies spoilt afterwards       latency    how long it takes
 *   wire       that value as bytes            family     limits told in headers
 *   stats      what has been counted          mock.h     the sum of all state
 *
 * A file for each dialect: chat (with chat_answer), responses, completions, moderations,
 * anthropic, gemini, ollama, cohere, rerank, bedrock; and for vectors embed_openai, with those that
 * resemble it, and embed_forms.
 */
#include "base/clock.h"
#include "base/xalloc.h"
#include "mock.h"
#include "server.h"
#include "tls.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static bool complain(const char *what, const char *why)
{
	fprintf(stderr, "pllm-mock: %s: %s\n", what, why);
	return false;
}

/* Whoever sees the file sees all of it. */
static bool write_file(const char *path, const char *text)
{
	char *temporary = xasprintf("%s.%ld", path, (long)getpid());
	FILE *f = fopen(temporary, "we");
	bool written = f && fputs(text, f) >= 0;
	if (f && fclose(f) != 0)
		written = false;
	if (!written || rename(temporary, path) != 0) {
		complain(path, strerror(errno));
		(void)unlink(temporary);
		written = false;
	}
	free(temporary);
	return written;
}

/* Dies with the parent; false if that is dead already. */
static bool follow_parent(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

static bool announce(const struct server *s, const struct options *o)
{
	bool six = strchr(o->host, ':') != NULL;
	char *line = xasprintf("%s://%s%s%s:%u/v1\n", o->tls ? "https" : "http", six ? "[" : "",
		o->host, six ? "]" : "", (unsigned)server_port(s));
	bool good = !o->port_file || write_file(o->port_file, line);
	if (good && (fputs(line, stdout) < 0 || fflush(stdout) != 0))
		good = complain("standard output", strerror(errno));
	free(line);
	return good;
}

static void summarise(const struct stats *stats)
{
	fprintf(stderr,
		"pllm-mock: %" PRIu64 " requests, %" PRIu64 " billed, %" PRIu64 " dropped, %" PRIu64
		" connections, at most %" PRIu64 " in flight\n",
		stats->requests, stats->billed, stats->dropped, stats->connections,
		stats->peak_in_flight);
}

static bool make_identity(struct tls_identity *identity, const struct options *o)
{
	const char *why;
	if (!tls_make(identity, o->tls_flaw, &why))
		return complain("cannot make a certificate", why);
	return !o->ca_file || write_file(o->ca_file, identity->ca_pem);
}

static bool serve(struct mock *m, const struct tls_identity *identity)
{
	struct server server;
	bool good = false;
	errno = 0;
	if (!server_start(&server, m, identity))
		complain("cannot listen", errno ? strerror(errno) : "libmicrohttpd failed");
	else
		good = announce(&server, &m->options);
	if (good)
		server_run(&server);
	server_stop(&server);
	return good;
}

static bool run(struct mock *m)
{
	const struct options *o = &m->options;
	struct tls_identity identity = { 0 };
	bool good = !o->tls || make_identity(&identity, o);
	limits_init(&m->limits, o->rpm, o->tpm, o->burst, clock_now_ms());
	stats_init(&m->stats);
	good = good && serve(m, o->tls ? &identity : NULL);
	if (good && !o->quiet)
		summarise(&m->stats);
	stats_release(&m->stats);
	attempts_release(&m->attempts);
	last_release(&m->last);
	tls_release(&identity);
	return good;
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	struct mock mock = { 0 };
	if (!options_read(&mock.options, argc, argv))
		return EXIT_USAGE;
	if (mock.options.help) {
		options_print_help();
		return 0;
	}
	if (mock.options.version) {
		options_print_version();
		return 0;
	}
	if (!mock.options.stay && !follow_parent(parent))
		return 0;
	signal(SIGPIPE, SIG_IGN);
	return run(&mock) ? EXIT_SUCCESS : EXIT_FAILURE;
}
