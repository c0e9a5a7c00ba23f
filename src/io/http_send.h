/* SPDX-License-Identifier: MIT */
/*
 * http_send: what of a request is not its endpoint's alone: where it goes, and Amazon's signature
 * on it. Private to io/http.
 */
#pragma once

#include "io/http_shard.h"

/* Sets a slot that is about to carry its attempt up to send just that. */
void http_send_arm(struct http_slot *slot);

/* Overwrites and frees what http_send_arm has left with the slot, whose transfer is over. */
void http_send_release(struct http_slot *slot);
