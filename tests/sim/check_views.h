/* SPDX-License-Identifier: MIT */
/* check_views: the laws of who watches the run. */
#pragma once

#include "engine/view.h"

#include <stdint.h>

/* Begins a run; gives when who watches it looks first, for struct watch. */
int64_t check_views_begin(void);

/* Looks, as struct watch has it: once a second. */
int64_t check_view(void *who, const struct view *v);

/* The run has ended. */
void check_views_end(void);
