/* Text with response headers, one exchange after another: what curl -i, -v and -D print, wget -S, HTTPie, a browser's
 * "copy response headers" with and without the status line, and the text of its headers panel; several in a row, with
 * bodies and anything else between them.
 *
 * A head begins with a status line, wherever one may stand (blocks_line.c); a bare one, without a status line, only
 * where no body can be. A body is skipped by its length where what follows bears that out, else up to the next start
 * line. Interim responses, and a proxy's answer to CONNECT, are none that caches speak of: they are skipped. thread:
 * local. Fuzzed by tests/fuzz/fuzz_blocks.c. Order of use: blocks_new, blocks_feed..., blocks_end, blocks_free.
 */
#ifndef CAIRN_EXPLAIN_BLOCKS_H
#define CAIRN_EXPLAIN_BLOCKS_H

#include "explain/input.h"

struct blocks;

/* Both as in input.h; it is for the caller to say that nothing was found. */
struct blocks *blocks_new(const struct input_sink *sink);
void blocks_feed(struct blocks *b, struct str bytes);
void blocks_end(struct blocks *b);
void blocks_free(struct blocks **b);

#endif
