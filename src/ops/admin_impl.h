/* The inside of the admin port: admin.c has the connections, admin_answer.c finds who answers, and each of the others
 * answers a path or two.
 *
 * thread: local to the main loop.
 */
#ifndef CAIRN_OPS_ADMIN_IMPL_H
#define CAIRN_OPS_ADMIN_IMPL_H

#include "base/json.h"
#include "ops/admin.h"

struct admin_request {
	struct node *node;
	const struct admin_hooks *hooks;
	const struct head *head;
	struct str path;
	struct str query; /* behind the `?` */
	struct arena *arena;
	struct now now;
};

struct admin_reply {
	int status;
	struct str type;  /* of the body */
	struct str allow; /* of a 405 */
	struct strbuf body;
};

/* Fills `out`, whose body is ready to be written to. */
void admin_answer(const struct admin_request *q, struct admin_reply *out);

/* An answer in a sentence or two. */
void admin_say(struct admin_reply *out, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* One in JSON: members go into *j, admin_json_end closes it. */
struct json admin_json(struct admin_reply *out);
void admin_json_end(struct json *j);

/* The paths: rows of tbl/admin_paths.def. */
typedef void admin_path_fn(const struct admin_request *q, struct admin_reply *out);
#define PATH(fn, method, path, parameters, doc) admin_path_fn admin_##fn;
#include "tbl/admin_paths.def"
#undef PATH

/* ---- admin_query.c ---- */

/* A parameter of the query, %XX decoded; STR_NONE where it is not there. */
struct str admin_param(const struct admin_request *q, struct str name);

/* "soft=1" and the like: there, and neither "0" nor "false". */
bool admin_flag(const struct admin_request *q, struct str name);

/* The request that an operator asks about: a GET of `url` with the fields that `header` gives. */
struct admin_asked {
	struct conf *conf;              /* a reference */
	const struct conf_route *route; /* NULL: none serves it */
	struct head head;
	struct str scheme, host, target; /* host with its port; target in origin form */
	struct key key, other; /* the other: under the other scheme; empty where all is stored under one */
};

/* False, with a 400 in `out`, where there is no URL, or no such request can be. */
bool admin_asked_begin(struct admin_asked *a, const struct admin_request *q, struct admin_reply *out);
void admin_asked_end(struct admin_asked *a);

#endif
