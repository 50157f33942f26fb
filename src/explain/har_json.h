/* JSON of any length from anybody, in pieces: yajl, with bounds around it. Strings of which nobody wants all are cut on
 * the way, so neither their bytes nor anybody's copies of them are ever in memory; what is nested too deep is refused.
 *
 * thread: local. Order of use: har_json_new, har_json_feed..., har_json_end, har_json_free.
 */
#ifndef CAIRN_EXPLAIN_HAR_JSON_H
#define CAIRN_EXPLAIN_HAR_JSON_H

#include "base/str.h"

#define HAR_JSON_DEEP 512             /* levels */
#define HAR_JSON_TEXT ((size_t)65536) /* a string of so many bytes, or more, may have been cut */

struct har_json_ops {
	void (*open)(void *arg); /* of an object or an array */
	void (*close)(void *arg);
	void (*key)(void *arg, struct str key);
	void (*value)(void *arg,
		      struct str value); /* a string, or the text of a number, of true or false; null is STR_NONE */
};

struct har_json;

/* NULL where memory is short. */
struct har_json *har_json_new(const struct har_json_ops *ops, void *arg);
void har_json_free(struct har_json **j);

/* False: this is not valid, har_json_why says how. Nothing more is read then. */
bool har_json_feed(struct har_json *j, struct str bytes);

/* Nothing more comes. False where that is in the middle. */
bool har_json_end(struct har_json *j);

/* A sentence. */
struct str har_json_why(const struct har_json *j);

/* How far it came, from within calls too; where it went wrong, the end of what was understood. Bytes before that, and the
 * line it is on. */
uint64_t har_json_byte(const struct har_json *j);
uint64_t har_json_line(const struct har_json *j);

#endif
