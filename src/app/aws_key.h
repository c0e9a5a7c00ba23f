/* SPDX-License-Identifier: MIT */
/*
 * aws_key: what Amazon's requests are signed with, from the variables that its own tools use.
 * Start-up only.
 */
#pragma once

#include "app/config.h"
#include "work/endpoint.h"

#include <stdbool.h>

/* A key-env= of this name asks for signatures, where several origins have keys of their own. */
#define AWS_KEY_ENV "AWS_ACCESS_KEY_ID"

/*
 * Gives e the key of the environment, if its API signs and nothing else says which key to take:
 * neither an option nor key_env, unless that is AWS_KEY_ENV. The region is that of its host, or of
 * the environment. False if there is none to give.
 */
bool aws_key_give(struct endpoint *e, const struct endpoint_opts *o, const char *key_env);
