/* What the files of `cairn explain` share: one run of the command. Private to it. thread: the main one. */
#ifndef CAIRN_CLI_EXPLAIN_IMPL_H
#define CAIRN_CLI_EXPLAIN_IMPL_H

#include "cli/commands.h"
#include "cli/explain_out.h"

#define EXPLAIN_LIST_MAX 64 /* times that -H or --resolve may be given */

struct explain_list {
	const char *items[EXPLAIN_LIST_MAX];
	unsigned count;
};

struct explain {
	/* what was asked for */
	enum explain_form form;
	bool table; /* --table */
	bool ask;
	unsigned repeat; /* 0: not said */
	struct explain_list fields, resolve;
	const char *proxy, *token;
	const char *html; /* the file for a page; NULL: text */

	/* what is under way */
	const char *name; /* of what is being read, for complaints */
	struct arena *arena;
	struct explain_out *out;
	struct page *page; /* NULL: none is asked for */
	int status;
	bool deaf; /* nobody reads what is written */
};

/* Says what is wrong, and with what; the command will end with `status` or one that is worse. `where` may be empty. */
void explain_complain(struct explain *e, int status, struct str where, struct str what);

/* Tells one response's story. */
void explain_tell(struct explain *e, const struct exchange *x);

/* A file, or standard input where it is "-". */
void explain_read(struct explain *e, const char *path);

/* A URL. */
void explain_visit(struct explain *e, const char *url);

/* The page, where one is asked for: begun with what is to be read, given each story, written. False: it cannot be, which has
 * been said. */
bool explain_page_begin(struct explain *e, int count, char **operands);
void explain_page_add(struct explain *e, const struct story *s);
bool explain_page_end(struct explain *e);

#endif
