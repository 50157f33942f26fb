/* What happened in a run, counted. A row is the only definition: the closing table is made of them. */
#ifndef CAIRN_TESTS_SOAK_COUNT_H
#define CAIRN_TESTS_SOAK_COUNT_H

#include <stdint.h>

#define COUNTS(ROW)                                                      \
	ROW(ASKED, "asked", "exchanges")                                 \
	ROW(CONNECTIONS, "asked", "connections")                         \
	ROW(PIPELINES, "asked", "pipelines")                             \
	ROW(OLD, "asked", "by HTTP/1.0")                                 \
	ROW(HEADS, "asked", "HEAD")                                      \
	ROW(RANGES, "asked", "ranges")                                   \
	ROW(CONDITIONS, "asked", "conditions")                           \
	ROW(POSTS, "asked", "changes by POST")                           \
	ROW(PURGES, "asked", "purges of a URL, hard and soft")           \
	ROW(PURGES_ALL, "asked", "purges of all, hard and soft")         \
	ROW(RELOADS, "asked", "reloads")                                 \
	ROW(BAD_RELOADS, "asked", "reloads of a bad file")               \
	ROW(SLOW, "asked", "slow readers")                               \
	ROW(STALLED, "asked", "readers that stopped")                    \
	ROW(HALTED, "asked", "requests sent in two parts")               \
	ROW(HALF, "asked", "requests sent in half")                      \
	ROW(LEAVING, "asked", "clients that leave in the middle")        \
	ROW(REPLIES, "answered", "answers")                              \
	ROW(MIB, "answered", "MiB of bodies, each byte checked")         \
	ROW(HITS, "answered", "hits")                                    \
	ROW(PARTS, "answered", "206")                                    \
	ROW(NOT_MODIFIED, "answered", "304")                             \
	ROW(INTERIM, "answered", "1xx")                                  \
	ROW(ERRORS, "answered", "errors of the origin's")                \
	ROW(MADE_UP, "answered", "errors of the node's own")             \
	ROW(CUTS, "answered", "cut, as the origin's was")                \
	ROW(GIVEN_UP, "answered", "cut, as they were not read")          \
	ROW(ORIGIN_REQUESTS, "the origin", "requests")                   \
	ROW(ORIGIN_FULL, "the origin", "200")                            \
	ROW(ORIGIN_PARTS, "the origin", "206")                           \
	ROW(ORIGIN_NOT_MODIFIED, "the origin", "304")                    \
	ROW(ORIGIN_CHANGES, "the origin", "changes, each byte checked")  \
	ROW(ORIGIN_LATE, "the origin", "late")                           \
	ROW(ORIGIN_RESTS, "the origin", "resting midway")                \
	ROW(ORIGIN_DRIPS, "the origin", "dripping")                      \
	ROW(FAULT_SHUT, "the origin fails", "doors shut: refused")       \
	ROW(FAULT_DROPS, "the origin fails", "closed or reset at once")  \
	ROW(FAULT_SILENT, "the origin fails", "silent")                  \
	ROW(FAULT_MUTE, "the origin fails", "silent midway")             \
	ROW(FAULT_HEADS, "the origin fails", "malformed heads")          \
	ROW(FAULT_LARGE, "the origin fails", "heads too large")          \
	ROW(FAULT_STATUS, "the origin fails", "5xx and 404")             \
	ROW(FAULT_CUTS, "the origin fails", "cut or reset midway")       \
	ROW(FAULT_CHUNKS, "the origin fails", "malformed chunks midway") \
	ROW(FAULT_MORE, "the origin fails", "more than it said")

enum count {
#define COUNT_NAME(name, group, text) COUNT_##name,
	COUNTS(COUNT_NAME)
#undef COUNT_NAME
	    COUNT_MAX
};

extern uint64_t counts[COUNT_MAX];

static inline void
count(enum count c)
{
	counts[c]++;
}

/* Prints a group's name where it is another than the last one, and a row. */
void count_row(const char *group, const char *text, uint64_t n);

void count_tell(void);

#endif
