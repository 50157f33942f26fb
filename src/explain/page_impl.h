/* What the files of page share. */
#ifndef CAIRN_EXPLAIN_PAGE_IMPL_H
#define CAIRN_EXPLAIN_PAGE_IMPL_H

#include "base/strbuf.h"
#include "explain/totals.h"

/* Who answered: what an entry is coloured by. */
enum page_by {
	BY_BROWSER,
	BY_EDGE,   /* the first cache on the network */
	BY_SECOND, /* the one behind it */
	BY_INNER,  /* one further back */
	BY_ORIGIN,
	BY_NOBODY, /* nobody says so */
	BY_COUNT
};

struct str page_by_class(enum page_by by);
struct str page_by_title(enum page_by by);
enum page_by page_by(const struct story *s);

/* What one of them answered, in sum. */
struct page_share {
	unsigned count;
	int64_t bytes; /* that the network moved */
};

/* Text that came from anywhere, in an element or in an attribute's quotes: what acts is written out, what is markup is
 * escaped; `most` bytes of it. */
void page_put(struct strbuf *out, struct str text, size_t most);

/* The cells of an entry's line up to its bar. */
void page_entry_line(struct strbuf *out, const struct story *s, enum page_by by, unsigned number);

/* What the entry opens to. */
void page_entry_story(struct strbuf *out, const struct story *s);

/* What all entries come to: `by` has BY_COUNT shares. */
void page_totals(struct strbuf *out, const struct page_share *by, const struct totals *t);

#endif
