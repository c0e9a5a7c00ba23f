/* SPDX-License-Identifier: MIT */
/*
 * doctor_part: what the parts of pllm doctor share: what was made of the options as far as they
 * allow, and the findings so far. Private to app/doctor*.c.
 */
#pragma once

#include "app/config.h"
#include "app/endpoints.h"
#include "app/money.h"
#include "base/err.h"
#include "io/probe.h"
#include "ui/doctor_report.h"
#include "work/plan.h"

#include <stdbool.h>
#include <stdint.h>

struct doctor {
	struct config *config;
	struct checks checks;
	size_t written_n; /* of them */
	bool is_unheard;  /* what was found cannot be written */
	char *part;       /* owned: to which what is found belongs; NULL = none yet */
	struct plan plan;
	struct endpoints endpoints; /* none = the options do not say whom to ask */
	bool has_keys;              /* they are at the endpoints, as far as there are any */
	struct money money;
	bool has_money; /* it is made */
};

/* What follows is found out about that part, printf-style. */
void doctor_begin(struct doctor *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a finding; the text printf-style. */
void doctor_say(struct doctor *d, enum finding finding, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds to the last finding what would be right, printf-style. */
void doctor_help(struct doctor *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends a URL, or what begins with one, without the secrets that may be in it. */
void doctor_put_url(struct buf *out, const char *url);

/* Adds a failure in the words of a message of ours, its help apart. */
void doctor_refuse(struct doctor *d, const char *name, const char *message);

/*
 * Writes to standard output what has been found since the last time; JSON, which is one object, and
 * how it is altogether only if that is all. False once it cannot be written, which has been said.
 * doctor.c
 */
bool doctor_write(struct doctor *d, bool is_all);

/* Says which program this is, and with which libraries. doctor_config.c */
void doctor_program(struct doctor *d);

/*
 * Says what is not as it is built in, and who said so; and that of each endpoint that nobody gave.
 * doctor_config.c
 */
void doctor_configuration(struct doctor *d);

/* Says what the environment says to libraries. doctor_environment.c */
void doctor_environment(struct doctor *d);

/* Looks at descriptors and memory against what the run may do at once. doctor_files.c */
void doctor_limits(struct doctor *d);

/* Looks whether the files of a run can be read and written, if it names some. doctor_files.c */
void doctor_names(struct doctor *d);

/* Looks at the cache, if there is to be one, and at the disk that it is on. doctor_files.c */
void doctor_cache(struct doctor *d);

/* Makes d->money, and says what each model costs. doctor_files.c */
void doctor_prices(struct doctor *d);

/* Says where the endpoints' keys are from, and which others there are. doctor_keys.c */
void doctor_keys(struct doctor *d);

/* Asks each endpoint, which costs nothing, and with --live for an answer. doctor_endpoint.c */
void doctor_ask_endpoints(struct doctor *d);

/* Says how the connection was made, and what it is worth. doctor_wire.c */
void doctor_wire(struct doctor *d, const struct endpoint *e, const struct probe *p);

/* Says whether the server's clock and ours differ. doctor_wire.c */
void doctor_clock(struct doctor *d, const struct endpoint *e, const struct probe *p);

/*
 * Gives (allocated) which other base URL may be meant where that of e is not found: a question less
 * its mark; NULL = none comes to mind. doctor_endpoint.c
 */
char *doctor_base_advice(const struct endpoint *e);

/* The models that a server has. */
struct model_list {
	struct strings names; /* owned */
	bool is_known;        /* the server has told them */
	bool is_all;
	size_t odd_n; /* more that it has, whose names are none */
};

/*
 * Says whether the endpoint's model is one of the list, or what is near. has_answered: it has, to
 * --live. doctor_models.c
 */
void doctor_models(struct doctor *d, const struct endpoint *e, const struct model_list *list,
	bool has_answered);

/*
 * Says what the server has said of limits, and which -j and --rate make use of them. latency_ms is
 * how long an answer took; -1 = not known. doctor_rates.c
 */
void doctor_rates(struct doctor *d, const struct allowances *said, int64_t latency_ms);

/*
 * Gives (allocated) what the server says has gone wrong, in its words as a run would show them.
 * Takes the body out of p. doctor_live.c
 */
char *doctor_words(const struct endpoint *e, struct probe *p);

/*
 * Asks the endpoint of that index for a tiny answer. True if it came: then *latency_ms is how long
 * that took, and *said what came with it of limits. doctor_live.c
 */
bool doctor_live(struct doctor *d, unsigned index, int64_t *latency_ms, struct allowances *said);
