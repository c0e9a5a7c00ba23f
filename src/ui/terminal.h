/* SPDX-License-Identifier: MIT */
/*
 * terminal: what the terminal behind stderr can show, and how wide it is now. Any thread.
 *
 * Colour: --color and PLLM_COLOR before NO_COLOR before CLICOLOR=0 and TERM=dumb before
 * CLICOLOR_FORCE before whether it is a terminal at all (bixense.com/clicolors, no-color.org).
 */
#pragma once

#include <stdbool.h>

struct terminal {
	bool is_one;     /* stderr is a terminal */
	bool can_redraw; /* that understands how text is erased: neither dumb nor nameless */
	bool is_utf8;    /* of the locale's LC_CTYPE */
	bool has_colour;
};

/*
 * Looks at stderr, the environment and the locale, which stays what it is. forced: 1 = colour
 * whatever is there, -1 = none, 0 = as the rules say.
 */
void terminal_look(struct terminal *t, int forced);

/*
 * True if the line at its bottom is ours to draw: nobody types there who has sent us to the
 * background, and of the stages of a pipeline one has it, until it ends. Ask each time.
 */
bool terminal_claim(void);

/* Gives the line to another. */
void terminal_yield(void);

/* Gives its width now, in columns; 80 where that is not known. */
unsigned terminal_columns(void);
