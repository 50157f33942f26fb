/* Checks passwords against their hashes. A good hash takes tens of milliseconds of a processor, on purpose: so it is
 * worked out on one thread of its own, at a low priority, whatever the number of those who want it, and what came of it
 * is remembered. A client has few checks waiting at a time, so one that guesses does not keep others from their turn.
 *
 * thread: shared. The thread is started with the first check. A check belongs to the worker that began it.
 * Order of use: passwords_new; passwords_begin, then `fn` once on the worker's loop, or passwords_cancel;
 * passwords_stop when the workers have ended and their loops are not freed yet; passwords_free when they are.
 */
#ifndef CAIRN_PROXY_PASSWORDS_H
#define CAIRN_PROXY_PASSWORDS_H

#include "base/hash.h"
#include "net/conn.h"
#include "net/loop.h"

struct passwords;
struct password_check;

#define PASSWORDS_WAITING_MAX    256 /* at a time */
#define PASSWORDS_WAITING_CLIENT 4   /* for one address; of IPv6 for one network of 64 bits */
#define PASSWORD_MAX             512 /* bytes; crypt(3) takes no more */

typedef void password_fn(void *arg, bool right);

struct password_question {
	const union addr *client;
	struct str user, password;
	struct str hash; /* as crypt(3) writes it */
	bool known;      /* false: there is no such user, and the hash is any; it takes as long to say so */
};

/* NULL where memory is short. */
struct passwords *passwords_new(void);

/* Ends the thread: no mail is posted any more. */
void passwords_stop(struct passwords *p);
void passwords_free(struct passwords **p);

/* By this a worker remembers what was right. It changes with the hash. */
struct hash128 passwords_key(const struct passwords *p, const struct password_question *q);

/* NULL where too many wait, this client's or all, or memory is short. */
struct password_check *passwords_begin(struct passwords *p, struct loop *l, const struct password_question *q,
				       password_fn *fn, void *arg);

/* fn is not called any more. Nulls; NULL is fine. */
void passwords_cancel(struct password_check **c);

/* Can crypt(3) work with this hash, and is it a good one? NULL, or what is wrong with it. */
const char *passwords_wrong_hash(struct str hash);

#endif
