/* The method table, by number. Pure; rows in tbl/methods.def. */
#ifndef CAIRN_HTTP_METHOD_H
#define CAIRN_HTTP_METHOD_H

#include "base/str.h"

enum method {
	METHOD_OTHER = 0, /* a token that is not in the table: forwarded, never answered from the store */
#define METHOD(id, text, flags, source) METHOD_##id,
#include "tbl/methods.def"
#undef METHOD
	METHOD_COUNT
};

enum method method_id(struct str text);

/* Empty for METHOD_OTHER. */
struct str method_text(enum method m);

bool method_is_safe(enum method m);
bool method_is_idempotent(enum method m);

/* May a stored response answer it? */
bool method_looks_up(enum method m);

#endif
