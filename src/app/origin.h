/* SPDX-License-Identifier: MIT */
/*
 * origin: where the value of an option came from, for those who have to say so.
 *
 * cli has noted it in the config; here it is read. Values are shown as they were written, so those
 * of --header and --key-cmd are for nobody's eyes. Start-up's thread.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"

#include <stdbool.h>

/* Gives what is known of the option with that long name, borrowed from config; NULL = nothing. */
const struct origin *origin_of(const struct config *config, const char *option);

/* Gives who set the option with that long name; ORIGIN_BUILT_IN = nobody, or it is not known. */
enum origin_kind origin_kind_of(const struct config *config, const char *option);

/* True if it was the environment or the configuration file. */
bool origin_is_setting(const struct config *config, const char *option);

/* Gives what to call a kind of origin: "built in", "defaults", "profile" ... */
const char *origin_kind_name(enum origin_kind kind);

/*
 * If the message begins with an option, "--rate 60: ...", that was set in a file, puts the place in
 * front of it: "FILE:7:9: --rate 60: ...".
 */
void origin_locate(const struct config *config, struct err *err);
