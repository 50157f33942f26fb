/* Answers neighbours that ask this node what it holds, by ICP and HTCP, and obeys those that may clear.
 *
 * thread: local. Answers are made from a lookup, at once. Each leaves from the address and port that was asked: who asks
 * takes no other for an answer.
 */
#ifndef CAIRN_PROXY_ANSWERING_H
#define CAIRN_PROXY_ANSWERING_H

struct answering;
struct worker;

/* On bound descriptors, owned from here on; -1 is none. NULL where they cannot be read from, or memory is short. */
struct answering *answering_new(struct worker *w, int icp, int htcp);

/* Nulls; NULL is fine. */
void answering_free(struct answering **a);

#endif
