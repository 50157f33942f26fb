/* What somebody gives to be explained, as bytes in pieces of any size: text with response headers (blocks.h), or a HAR
 * file (har.h). It tells which by the first bytes, and hands on one exchange after another; so what it holds is
 * bounded, however long the input is. UTF-16 with its mark, as PowerShell writes files, is taken as well.
 *
 * Lenient, where http/ is strict: what cannot be read is left out, and told with its place.
 * thread: local. Does no I/O. Fuzzed by tests/fuzz/fuzz_blocks.c and fuzz_har.c.
 *
 * Order of use: input_new, input_feed..., input_end, input_free.
 */
#ifndef CAIRN_EXPLAIN_INPUT_H
#define CAIRN_EXPLAIN_INPUT_H

#include "explain/exchange.h"

/* Who is told. */
struct input_sink {
	void *arg;
	/* One response that is no interim one. It, and all that it borrows, lives until this returns. */
	void (*exchange)(void *arg, const struct exchange *x);
	/* Something that could not be read; `where` is "line 12" or "entry 3, byte 4711", `what` a sentence without an
	 * end. Neither holds a byte of the input. Among it: that nothing at all was found. No more than INPUT_TROUBLES
	 * come. */
	void (*trouble)(void *arg, struct str where, struct str what);
};

#define INPUT_TROUBLES 20 /* and one that says how many more there were */

struct input;

/* NULL where memory is short. `sink` is copied. */
struct input *input_new(const struct input_sink *sink);

void input_feed(struct input *in, struct str bytes);

/* Nothing more comes: tells the last exchange, and what is missing. */
void input_end(struct input *in);

/* Nulls the pointer. A NULL input is fine. */
void input_free(struct input **in);

#endif
