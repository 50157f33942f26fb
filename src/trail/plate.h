/* What a node writes on a plain response, set once like a printer's plate: for one listener, one kind of reader and one
 * kind of verdict all carry the same fields, and only four numbers differ. A plate is cut from what trail_write and its
 * kin wrote for such a verdict with numbers that are easy to find again, and is proved against them with others; what
 * cannot be cut so, as a name that has such a number in it, gets no plate, and is written field by field.
 *
 * A plain response: one to whose trail no tier behind this node contributed, for a reader without the token.
 *
 * Pure. thread: any; frozen once made.
 */
#ifndef CAIRN_TRAIL_PLATE_H
#define CAIRN_TRAIL_PLATE_H

#include "trail/write.h"

enum plate_number {
	PLATE_AGE,   /* Age, seconds */
	PLATE_HITS,  /* X-Cache-Hits */
	PLATE_TTL,   /* Cache-Status ttl, seconds */
	PLATE_SINCE, /* Cache-Status cairn-age, seconds */
	PLATE_NUMBERS,
};

#define PLATE_TEXT 480
#define PLATE_MORE 16 /* bytes behind the text that are copied with it, and mean nothing */

struct plate {
	uint16_t n; /* bytes of text */
	uint8_t cuts;
	struct {
		uint16_t at; /* what precedes the number ends here */
		uint8_t number;
	} cut[PLATE_NUMBERS];
	char text[PLATE_TEXT + PLATE_MORE];
};

/* Whose words, for whom, of a listener that is shown with this port, and about what. */
struct plate_order {
	const struct trail_node *node;
	const struct audience *who;
	const struct verdict *like; /* but for its numbers, which are those of the list above */
	uint16_t port;
	bool age, via; /* Age is written, and Via */
};

/* False: there is no plate for these. */
bool plate_make(struct plate *p, const struct plate_order *o);

/* Writes the fields, each with its CRLF, for a verdict like the one of the order; `age` of the response, in seconds. */
void plate_write(struct strbuf *out, const struct plate *p, const struct verdict *v, uint32_t age);

#endif
