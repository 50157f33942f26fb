/* Writes JSON into a buffer, in one pass and without memory of its own: for log lines and answers to operators, where
 * texts are any bytes that came from a network. What is not valid UTF-8 is written as \u00XX, a byte at a time, so the
 * result is always valid; so is what acts on a terminal or on the text around it (utf8_acts).
 *
 * thread: local. Members are written by name; inside an array the name is STR_NONE. Names are the program's own words
 * and are written as they are; what comes from anywhere else is a value. Order of use: json_on, json_open..., members,
 * json_close..., and test the buffer's `over`.
 */
#ifndef CAIRN_BASE_JSON_H
#define CAIRN_BASE_JSON_H

#include "base/strbuf.h"

struct json {
	struct strbuf *out;
	bool comma; /* something stands before what comes next */
};

static inline struct json
json_on(struct strbuf *out)
{
	return (struct json){ out, false };
}

/* `bracket` is '{' or '[', and '}' or ']' to close; '"' for a text that json_escape adds to in between. */
void json_open(struct json *j, struct str name, char bracket);
void json_close(struct json *j, char bracket);

void json_text(struct json *j, struct str name, struct str value);
void json_u64(struct json *j, struct str name, uint64_t value);
void json_i64(struct json *j, struct str name, int64_t value);
void json_bool(struct json *j, struct str name, bool value);
void json_nothing(struct json *j, struct str name); /* null */

/* Thousandths: 1500 is 1.500. */
void json_milli(struct json *j, struct str name, int64_t value);

/* The inside of a text, without its quotes. Room is asked for as if all of it had to be escaped. */
void json_escape(struct strbuf *out, struct str s);

/* The same, to where JSON_WORST bytes for each of `s` are; returns what lies behind. */
#define JSON_WORST ((size_t)6)
char *json_put(char *p, struct str s);

#endif
