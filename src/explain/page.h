/* Stories as one page of HTML that needs nothing but itself: no network, no font or script from elsewhere. A waterfall,
 * coloured by the tier that answered; each entry opens to its story. It reads well without script, which adds the
 * filter alone. The page's Content-Security-Policy names the one script and the one style sheet by their hashes, so
 * even markup that came in by a mistake of ours would run nothing; and all that came in a header or a HAR is escaped.
 *
 * Entries wait in a temporary file, since what stands before them, the totals and the scale of time, is known at the
 * end.
 *
 * thread: local. Order of use: page_new, page_add for each story, page_write, page_free.
 */
#ifndef CAIRN_EXPLAIN_PAGE_H
#define CAIRN_EXPLAIN_PAGE_H

#include <stdio.h>

#include "explain/story.h"

struct page;

/* `title`: what was read: a URL, a file's name. It is copied. NULL where there is no memory or no temporary file. */
struct page *page_new(struct str title);
void page_free(struct page **p);

/* The story is not needed afterwards. False where memory or disk is full. */
bool page_add(struct page *p, const struct story *s);

/* Writes the page. False where the disk is full, on either side; it flushes `out` to know that. */
bool page_write(struct page *p, FILE *out);

#endif
