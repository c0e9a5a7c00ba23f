/* SPDX-License-Identifier: MIT */
/*
 * keys: where an API key comes from. Never from the command line, never into a message.
 *
 * First that is given: descriptor, file, command, environment variable; for want of the variable, a
 * file of its name in $CREDENTIALS_DIRECTORY, where systemd puts the secrets of its units. Start-up
 * only, before there are other threads.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct key_opts {
	int64_t fd; /* --key-fd; -1 = not given */
	char *file; /* --key-file */
	char *cmd;  /* --key-cmd: split at spaces, run without a shell */
	char *env; /* --key-env: the variable's name; NULL = the API's usual one, "none" = no key */
	bool is_of_endpoint; /* the variable was named by an endpoint's key-env=, no --key-env */
};

/*
 * Gives the key (allocated; overwrite it before freeing) as *key, or NULL there if none is set
 * anywhere. `usual_env` names the API's own variables, with a space between two (or NULL); one that
 * is empty counts as not set, and a command runs without them. One final newline is dropped. False
 * with err filled (names the source, never the value): the source cannot be read, is
 * empty, takes longer than 10 s (a command) or holds bytes that no header may carry.
 */
bool keys_read(const struct key_opts *opts, const char *usual_env, char **key, struct err *err);

/*
 * Gives (allocated) where keys_read finds a key that it has found, as a person calls it:
 * "OPENAI_API_KEY", "--key-file /run/key"; a command is not shown.
 */
char *keys_source(const struct key_opts *opts, const char *usual_env);

/*
 * Checks that a header line "Name: value" is one: a token, a colon, a value without control
 * characters; and not one that frames the body, which is not the user's to set. False with err
 * filled (never quotes the value).
 */
bool keys_check_header(const char *line, struct err *err);

/* True if a header's name or value looks like a secret that must not stand on a command line. */
bool keys_looks_secret(const char *line);
