/* HAR files, entry by entry: those of Chrome and what is built on its protocol (Puppeteer, Playwright), Firefox,
 * Safari, Firebug, and the proxies that write them. Also one entry alone, and what Firefox copies of its headers panel.
 *
 * JSON is read as it comes (har_json.h), and an entry is told when its end is there; so a file that is cut short gives
 * all whole entries, and bodies are never held. Duplicate keys, wrong types and nulls say nothing, or what the last
 * says. What of all this is a browser's cache, and which, is in har_entry.c. thread: local. Fuzzed by
 * tests/fuzz/fuzz_har.c. Order of use: har_new, har_feed..., har_end, har_free.
 */
#ifndef CAIRN_EXPLAIN_HAR_H
#define CAIRN_EXPLAIN_HAR_H

#include "explain/input.h"

struct har;

/* As in input.h; that there was no entry is told here. */
struct har *har_new(const struct input_sink *sink);
void har_feed(struct har *h, struct str bytes);
void har_end(struct har *h);
void har_free(struct har **h);

#endif
