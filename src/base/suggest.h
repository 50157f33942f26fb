/* "Did you mean ...?": the known word that is nearest to one that is not known. Pure.
 *
 * Order of use: suggest_begin with the word at hand, suggest_offer each known one, then look at `best`.
 */
#ifndef CAIRN_BASE_SUGGEST_H
#define CAIRN_BASE_SUGGEST_H

#include "base/str.h"

struct suggest {
	struct str word;
	struct str best;   /* STR_NONE: none of those offered is near enough */
	unsigned distance; /* of `best`, plus one: what the next has to beat */
};

/* A third of the letters may be wrong, at least one. */
struct suggest suggest_begin(struct str word);

/* Letters missing, added or wrong count one each, and so do two neighbours that have changed places. ASCII case is
 * ignored. Of two that are as near the first wins. */
void suggest_offer(struct suggest *s, struct str known);

#endif
